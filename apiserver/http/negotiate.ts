import { failure } from "../../api/status.ts";

/** How an answer is written: the media type and what the object is turned into before. */
export interface Representation {
  readonly media: "json" | "yaml";
  readonly as: "object" | "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";
  /** `v1` or, of Tables only, `v1beta1`. */
  readonly version: "v1" | "v1beta1";
}

/** What the endpoint can answer with. */
export type Offer = "object" | "objectOrTransform" | "watch" | "discovery";

export interface Clause {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly quality: number;
}

export const plainJson: Representation = { media: "json", as: "object", version: "v1" };

const mediaOfType: Readonly<Record<string, "json" | "yaml">> = {
  "application/json": "json",
  "*/*": "json",
  "application/yaml": "yaml",
};

const untransformed: Pick<Representation, "as" | "version"> = { as: "object", version: "v1" };

const protobuf = "application/vnd.kubernetes.protobuf";

/** The clauses of an Accept header, best first: by quality, then as listed. */
export function parseAccept(header: string): Clause[] {
  const clauses: Clause[] = [];
  for (const text of header.split(",")) {
    const [type = "", ...rest] = text.split(";").map((part) => part.trim());
    if (type === "") continue;
    const parameters: Record<string, string> = Object.create(null);
    for (const parameter of rest) {
      const equals = parameter.indexOf("=");
      if (equals > 0) parameters[parameter.slice(0, equals).toLowerCase()] = parameter.slice(equals + 1);
    }
    const quality = Number(parameters["q"] ?? 1);
    clauses.push({ type: type.toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 1 });
  }
  return clauses.sort((a, b) => b.quality - a.quality);
}

/**
 * The first clause that the endpoint can serve. No header: JSON. Protobuf is never answered: whoever asks for it names
 * JSON as well, or gets a 406.
 * @throws StatusError 406
 */
export function negotiate(clauses: readonly Clause[], offer: Offer): Representation {
  if (clauses.length === 0) return plainJson;
  let known = false;
  for (const clause of clauses) {
    const media = mediaOfType[clause.type];
    known ||= media !== undefined || clause.type === protobuf;
    if (media === undefined || (media === "yaml" && offer === "watch")) continue;
    const transformed = transformOf(clause.parameters, offer);
    if (transformed !== undefined) return { media, ...transformed };
  }
  throw known ? onlyAccepted(offer) : notAcceptable();
}

function transformOf(
  parameters: Readonly<Record<string, string>>,
  offer: Offer,
): Pick<Representation, "as" | "version"> | undefined {
  const { as, g: group, v: version } = parameters;
  if (as === undefined) return untransformed;
  if (offer === "object" || offer === "discovery" || group !== "meta.k8s.io") return undefined;
  if (as === "Table" && (version === "v1" || version === "v1beta1")) return { as, version };
  if ((as === "PartialObjectMetadata" || as === "PartialObjectMetadataList") && version === "v1")
    return { as, version };
  return undefined;
}

function notAcceptable() {
  const message = `406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, ${protobuf}`;
  return failure({ code: 406, reason: "NotAcceptable", message, details: {} });
}

function onlyAccepted(offer: Offer) {
  const types =
    offer === "watch"
      ? `application/json;stream=watch, ${protobuf};stream=watch`
      : `application/json, application/yaml, ${protobuf}`;
  return failure({
    code: 406,
    reason: "NotAcceptable",
    message: `only the following media types are accepted: ${types}`,
  });
}

/** 406: the metadata-only form asked for is that of a list and the answer is none, or the other way round. */
export function wrongTransform(as: string, answer: { readonly kind: string; readonly isList: boolean }) {
  const message = `you requested ${as}, but the requested object is ${answer.isList ? "a list" : "not a list"} (*core.${answer.kind})`;
  return failure({ code: 406, reason: "NotAcceptable", message });
}

/** Accept headers are few and repeated: remembers what they mean. */
export class AcceptHeaders {
  readonly #clauses = new Map<string, readonly Clause[]>();

  parse(header: string | undefined): readonly Clause[] {
    if (header === undefined || header === "") return noClauses;
    const known = this.#clauses.get(header);
    if (known !== undefined) return known;
    const clauses = parseAccept(header);
    if (this.#clauses.size < 256) this.#clauses.set(header, clauses);
    return clauses;
  }
}

const noClauses: readonly Clause[] = [];
