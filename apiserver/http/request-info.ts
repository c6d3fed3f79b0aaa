import { badRequest } from "../../api/status.ts";
import type { RequestInfo } from "./request-context.ts";

const verbOfMethod: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

const noQuery = new URLSearchParams();
const none: readonly string[] = [];

/**
 * The attributes of a request from its method and target.
 *
 * Names are percent-decoded once. `namespaces/x` names the Namespace itself and its namespace attribute is also x.
 * @param url - the request target: path and query
 * @throws StatusError 400 for a path that cannot be decoded
 * @see https://github.com/kubernetes/apiserver/blob/v0.36.0/pkg/endpoints/request/requestinfo.go
 */
export function requestInfo(method: string, url: string): RequestInfo {
  const mark = url.indexOf("?");
  const path = decodePath(mark < 0 ? url : url.slice(0, mark));
  const query = mark < 0 ? noQuery : new URLSearchParams(url.slice(mark + 1));
  const parts = path.split("/");
  parts.shift();
  if (parts.length > 0 && parts.at(-1) === "") parts.pop();
  const root = parts[0];
  if (root === "api" && parts.length > 2) {
    return resourceInfo({ method, path, query, apiPrefix: "api", group: "", version: parts[1] ?? "" }, parts.slice(2));
  }
  if (root === "apis" && parts.length > 3) {
    const [, group = "", version = ""] = parts;
    return resourceInfo({ method, path, query, apiPrefix: "apis", group, version }, parts.slice(3));
  }
  return {
    isResourceRequest: false,
    verb: method.toLowerCase(),
    path,
    apiPrefix: root === "api" || root === "apis" ? root : "",
    group: "",
    version: "",
    namespace: "",
    resource: "",
    subresource: "",
    name: "",
    rest: none,
    query,
  };
}

interface Target {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly apiPrefix: "api" | "apis";
  readonly group: string;
  readonly version: string;
}

/** @param parts - path elements after the version, at least one */
function resourceInfo(target: Target, parts: string[]): RequestInfo {
  const { method, path, query, apiPrefix, group, version } = target;
  let verb = verbOfMethod[method] ?? method.toLowerCase();
  let rest = parts;
  if (rest[0] === "watch" && rest.length > 1) {
    verb = "watch";
    rest = rest.slice(1);
  }
  let namespace = "";
  if (rest[0] === "namespaces" && rest.length > 1) {
    namespace = rest[1] ?? "";
    if (rest.length > 2 && !isNamespaceSubresource(rest[2])) rest = rest.slice(2);
  }
  let name = rest[1] ?? "";
  if (name === "" && rest.length < 2) {
    if (verb === "get") verb = truthy(query.get("watch")) ? "watch" : "list";
    else if (verb === "delete") verb = "deletecollection";
    if (verb === "list" || verb === "watch") name = nameInFieldSelector(query.get("fieldSelector"));
  }
  return {
    isResourceRequest: true,
    verb,
    path,
    apiPrefix,
    group,
    version,
    namespace,
    resource: rest[0] ?? "",
    subresource: rest[2] ?? "",
    name,
    rest: rest.length > 3 ? rest.slice(3) : none,
    query,
  };
}

const isNamespaceSubresource = (part: string | undefined) => part === "status" || part === "finalize";

function decodePath(path: string): string {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) throw badRequest(`invalid URL escape in path ${JSON.stringify(path)}`);
    throw error;
  }
}

/** A boolean query parameter: absent, `0` and `false` are false, everything else is true, the empty string too. */
export function truthy(value: string | null): boolean {
  return value !== null && value !== "0" && value.toLowerCase() !== "false";
}

/** The name that a field selector asks for exactly, so that RBAC's resourceNames can allow a list or watch of it. */
function nameInFieldSelector(selector: string | null): string {
  if (selector === null || !selector.includes("metadata.name")) return "";
  for (const term of selector.split(",")) {
    const match = /^metadata\.name={1,2}([^=!]+)$/.exec(term);
    if (match?.[1] !== undefined && pathSegmentProblem(match[1]) === undefined) return match[1];
  }
  return "";
}

/** Why a name cannot be one element of a path; undefined if it can. */
export function pathSegmentProblem(name: string): string | undefined {
  if (name === "." || name === "..") return `may not be '${name}'`;
  if (name.includes("/")) return "may not contain '/'";
  if (name.includes("%")) return "may not contain '%'";
  return undefined;
}
