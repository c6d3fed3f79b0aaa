import type { Kind } from "../../../api/kind.ts";
import { methodNotAllowed, pathNotFound } from "../../../api/status.ts";
import { sendValue } from "../encode/object.ts";
import { respond } from "../encode/respond.ts";
import { sendNotFoundText } from "../errors.ts";
import type { Exchange } from "../exchange.ts";
import { negotiate } from "../negotiate.ts";
import { type AggregatedDiscovery, aggregatedContentType, aggregatedDiscovery, wantsAggregated } from "./aggregated.ts";
import { type Group, groupsOf } from "./groups.ts";
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from "./legacy.ts";

interface Documents {
  readonly kinds: readonly Kind[];
  readonly groups: readonly Group[];
  readonly core: AggregatedDiscovery;
  readonly others: AggregatedDiscovery;
}

/** Serves `/api`, `/apis` and what is below them down to the lists of resources. */
export class Discovery {
  readonly #kinds: () => readonly Kind[];
  readonly #serverAddress: () => string;
  #documents: Documents | undefined;

  /** @param deps.kinds - the same array as long as nothing has changed */
  constructor(deps: { kinds: () => readonly Kind[]; serverAddress: () => string }) {
    this.#kinds = deps.kinds;
    this.#serverAddress = deps.serverAddress;
  }

  groups(): readonly Group[] {
    return this.#current().groups;
  }

  hasGroup(name: string): boolean {
    return this.#current().groups.some((group) => group.name === name);
  }

  /** @param parts - path elements, the first `api` or `apis` */
  async serve(exchange: Exchange, parts: readonly string[]): Promise<void> {
    const { groups, core, others } = this.#current();
    const [root = "", second, third] = parts;
    if (second === undefined) {
      if (root === "api") return this.#serveRoot(exchange, core, apiVersions(groups[0], this.#serverAddress()));
      return this.#serveRoot(exchange, others, apiGroupList(groups));
    }
    const groupName = root === "api" ? "" : second;
    const group = groups.find(({ name }) => name === groupName && (root === "api" || name !== ""));
    if (group === undefined) {
      sendNotFoundText(exchange);
      return;
    }
    const version = root === "api" ? second : third;
    if (version === undefined) return send(exchange, apiGroup(group));
    const found = group.versions.find((candidate) => candidate.version === version);
    if (found === undefined) throw pathNotFound();
    return send(exchange, apiResourceList(found));
  }

  async #serveRoot(exchange: Exchange, aggregated: AggregatedDiscovery, legacy: unknown): Promise<void> {
    requireGet(exchange);
    if (!wantsAggregated(exchange.accept)) return send(exchange, legacy, ["Vary", "Accept"]);
    const { body, etag } = aggregated;
    const headers = ["ETag", etag, "Vary", "Accept", "Cache-Control", "public"];
    if (exchange.request.headers["if-none-match"] === etag) {
      return respond(exchange, { code: 304, contentType: "", body: Buffer.alloc(0), headers });
    }
    return respond(exchange, { code: 200, contentType: aggregatedContentType, body, headers });
  }

  #current(): Documents {
    const kinds = this.#kinds();
    if (this.#documents?.kinds === kinds) return this.#documents;
    const groups = groupsOf(kinds);
    this.#documents = {
      kinds,
      groups,
      core: aggregatedDiscovery(groups.filter(({ name }) => name === "")),
      others: aggregatedDiscovery(groups.filter(({ name }) => name !== "")),
    };
    return this.#documents;
  }
}

export function requireGet({ request }: Exchange): void {
  if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed();
}

function send(exchange: Exchange, value: unknown, headers: readonly string[] = []): Promise<void> {
  requireGet(exchange);
  const { media } = negotiate(exchange.accept, "discovery");
  return sendValue(exchange, value, { code: 200, media, headers });
}
