import { isObject } from "../../../api/json.ts";
import { badRequest } from "../../../api/status.ts";
import { jsonTypeName } from "../decode-body.ts";

/** Where a list goes on. */
export interface ContinueToken {
  /** The first page's revision; -1: at the newest. */
  readonly revision: bigint;
  /** The last key returned, relative to the prefix. */
  readonly after: string;
}

/** @see k8s.io/apiserver v0.36.0 pkg/storage/continue.go */
export function encodeContinue({ revision, after }: ContinueToken): string {
  const start = JSON.stringify(`${after}\u0000`);
  return Buffer.from(`{"v":"meta.k8s.io/v1","rv":${revision},"start":${start}}`).toString("base64url");
}

/** @throws StatusError 400 */
export function decodeContinue(token: string): ContinueToken {
  const value = parse(token);
  const { v: version, rv: revision, start } = value;
  if (version !== "meta.k8s.io/v1")
    throw invalid(`continue key is not valid: server does not recognize this encoded version ${version ?? ""}`);
  if (typeof revision !== "number" || !Number.isSafeInteger(revision) || revision === 0) {
    throw invalid("continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  }
  if (typeof start !== "string" || start === "") {
    throw invalid("continue key is not valid: encoded start key empty (version meta.k8s.io/v1)");
  }
  if (start.startsWith("/") || start.split("/").some((part) => part === "." || part === ".." || part === "")) {
    throw invalid(`continue key is not valid: ${start}`);
  }
  return { revision: BigInt(revision), after: start.endsWith("\u0000") ? start.slice(0, -1) : start };
}

function parse(token: string): Record<string, unknown> {
  const bad = /[^A-Za-z0-9_-]/.exec(token);
  if (bad !== null) throw invalid(`continue key is not valid: illegal base64 data at input byte ${bad.index}`);
  const text = Buffer.from(token, "base64url").toString("latin1");
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, "latin1").toString("utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const wrong = /^[\s]*([^\s[{"\dtfn-])/.exec(text)?.[1];
    const problem =
      wrong === undefined
        ? "unexpected end of JSON input"
        : `invalid character '${wrong}' looking for beginning of value`;
    throw invalid(`continue key is not valid: ${problem}`);
  }
  if (isObject(value)) return value;
  const type = `${jsonTypeName(value)} into Go value of type storage.continueToken`;
  throw invalid(`continue key is not valid: json: cannot unmarshal ${type}`);
}

const invalid = (text: string) => badRequest(`invalid continue token: ${text}`);
