import { createHash } from "node:crypto";
import { swaggerProtobuf } from "../../api/openapi/swagger-protobuf.ts";
import { failure, pathNotFound } from "../../api/status.ts";
import type { Clock } from "../../component-base/clock.ts";
import { requireGet } from "./discovery/discovery.ts";
import { respond } from "./encode/respond.ts";
import type { Exchange } from "./exchange.ts";

/** Makes the OpenAPI documents. */
export interface OpenApiDocuments {
  /** Keys of version 3: `api/v1`, `apis/apps/v1`, `version`. */
  keys(): readonly string[];
  /** The document of one key as JSON. */
  document(key: string): string;
  /** The one document of version 2. */
  swagger(): string;
}

interface Served {
  readonly body: Buffer;
  readonly hash: string;
}

const yearMs = 365 * 24 * 3600 * 1000;

/** Serves `/openapi/v3`, what is below it, and `/openapi/v2`. Documents are made when first asked for. */
export class OpenApi {
  readonly #documents: OpenApiDocuments;
  readonly #clock: Clock;
  readonly #served = new Map<string, Served>();

  constructor(deps: { documents: OpenApiDocuments; clock: Clock }) {
    this.#documents = deps.documents;
    this.#clock = deps.clock;
  }

  /** @param key - what follows `/openapi/v3/`; empty for the index */
  async serveV3(exchange: Exchange, key: string): Promise<void> {
    requireGet(exchange);
    if (key === "") return this.#serveIndex(exchange);
    if (!this.#documents.keys().includes(key)) throw pathNotFound();
    const { body, hash } = this.#get(key, () => this.#documents.document(key));
    const headers = ["Etag", `"${hash}"`, "Vary", "Accept"];
    const asked = exchange.info.query.get("hash");
    if (asked !== null && asked !== hash) {
      headers.push("Location", relativeUrl(key, hash));
      return respond(exchange, { code: 301, contentType: "application/json", body: empty, headers });
    }
    if (asked !== null) {
      const expires = new Date(this.#clock.now() + yearMs).toUTCString();
      headers.push("Cache-Control", "public, immutable", "Expires", expires);
    }
    return sendDocument(exchange, body, { hash, headers });
  }

  async serveV2(exchange: Exchange): Promise<void> {
    requireGet(exchange);
    const json = this.#get("", () => this.#documents.swagger());
    const headers = ["Etag", `"${json.hash}"`, "Vary", "Accept"];
    if (!prefersProtobuf(exchange.accept)) return sendDocument(exchange, json.body, { hash: json.hash, headers });
    const { body } = this.#get("protobuf", () => swaggerProtobuf(JSON.parse(json.body.toString())));
    return sendDocument(exchange, body, { hash: json.hash, headers, contentType: protobufTypes[0] });
  }

  async #serveIndex(exchange: Exchange): Promise<void> {
    const paths: Record<string, { serverRelativeURL: string }> = {};
    for (const key of this.#documents.keys()) {
      const { hash } = this.#get(key, () => this.#documents.document(key));
      paths[key] = { serverRelativeURL: relativeUrl(key, hash) };
    }
    const body = Buffer.from(JSON.stringify({ paths }));
    await respond(exchange, { code: 200, contentType: "text/plain; charset=utf-8", body });
  }

  #get(key: string, make: () => string | Buffer): Served {
    let served = this.#served.get(key);
    if (served === undefined) {
      const made = make();
      const body = typeof made === "string" ? Buffer.from(made) : made;
      served = { body, hash: createHash("sha512").update(body).digest("hex").toUpperCase() };
      this.#served.set(key, served);
    }
    return served;
  }
}

const empty = Buffer.alloc(0);

const relativeUrl = (key: string, hash: string) => `/openapi/v3/${key}?hash=${hash}`;

/** As it is answered, and as clients ask for it. */
const protobufTypes = [
  "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
  "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
] as const;

function prefersProtobuf(accept: Exchange["accept"]): boolean {
  const known = accept.find(({ type }) => isJson(type) || protobufTypes.some((one) => one === type));
  return known !== undefined && !isJson(known.type);
}

const isJson = (type: string) => type === "application/json" || type === "*/*";

/** Sends a document of a type that `exchange` accepts. @throws StatusError 406 when it accepts no served one */
function sendDocument(
  exchange: Exchange,
  body: Buffer,
  options: { hash: string; headers: readonly string[]; contentType?: string },
): Promise<void> {
  const { hash, headers, contentType = "application/json" } = options;
  const types = exchange.accept.map(({ type }) => type);
  if (contentType === "application/json" && types.length > 0 && !types.some(isJson)) {
    throw failure({ code: 406, reason: "NotAcceptable", message: "only application/json is served", details: {} });
  }
  if (exchange.request.headers["if-none-match"] === `"${hash}"`) {
    return respond(exchange, { code: 304, contentType: "", body: empty, headers });
  }
  return respond(exchange, { code: 200, contentType, body, headers });
}
