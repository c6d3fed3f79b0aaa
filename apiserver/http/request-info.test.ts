import { expect, test } from "vitest";
import { requestInfo } from "./request-info.ts";

const rows: [name: string, method: string, url: string, expected: Record<string, unknown>][] = [
  ["version is no resource", "GET", "/version", { isResourceRequest: false, verb: "get", path: "/version" }],
  ["a group version is no resource", "GET", "/apis/apps/v1", { isResourceRequest: false, apiPrefix: "apis" }],
  ["trailing slash of discovery", "GET", "/api/v1/", { isResourceRequest: false, path: "/api/v1/" }],
  ["methods of non-resources are lower case", "OPTIONS", "/x", { verb: "options" }],
  ["list in a namespace", "GET", "/api/v1/namespaces/d/pods", { verb: "list", namespace: "d", resource: "pods" }],
  ["list with a trailing slash", "GET", "/api/v1/namespaces/d/pods/", { verb: "list", resource: "pods", name: "" }],
  ["list everywhere", "GET", "/api/v1/pods?limit=5", { verb: "list", namespace: "", resource: "pods" }],
  ["get", "GET", "/api/v1/namespaces/d/pods/p", { verb: "get", namespace: "d", name: "p", subresource: "" }],
  ["head is get", "HEAD", "/api/v1/namespaces/d/pods/p", { verb: "get" }],
  ["watch", "GET", "/api/v1/pods?watch=true", { verb: "watch" }],
  ["an empty watch parameter is true", "GET", "/api/v1/pods?watch=", { verb: "watch" }],
  ["watch=0", "GET", "/api/v1/pods?watch=0", { verb: "list" }],
  ["watch=False", "GET", "/api/v1/pods?watch=False", { verb: "list" }],
  ["a named get ignores watch", "GET", "/api/v1/namespaces/d/pods/p?watch=1", { verb: "get", name: "p" }],
  ["legacy watch", "GET", "/api/v1/watch/namespaces/d/pods/p", { verb: "watch", namespace: "d", name: "p" }],
  ["legacy watch of a group", "GET", "/apis/apps/v1/watch/deployments", { verb: "watch", resource: "deployments" }],
  ["create", "POST", "/apis/apps/v1/namespaces/d/deployments", { verb: "create", group: "apps", version: "v1" }],
  ["update", "PUT", "/api/v1/nodes/n", { verb: "update", resource: "nodes", name: "n", namespace: "" }],
  ["patch a subresource", "PATCH", "/api/v1/nodes/n/status", { verb: "patch", subresource: "status" }],
  ["delete", "DELETE", "/api/v1/nodes/n", { verb: "delete", name: "n" }],
  ["deletecollection", "DELETE", "/api/v1/namespaces/d/pods", { verb: "deletecollection", name: "" }],
  ["the namespaces", "GET", "/api/v1/namespaces", { verb: "list", resource: "namespaces", namespace: "" }],
  ["a Namespace", "GET", "/api/v1/namespaces/d", { verb: "get", resource: "namespaces", namespace: "d", name: "d" }],
  [
    "a Namespace's finalize",
    "PUT",
    "/api/v1/namespaces/d/finalize",
    { resource: "namespaces", namespace: "d", name: "d", subresource: "finalize" },
  ],
  [
    "a Namespace's status",
    "PATCH",
    "/api/v1/namespaces/d/status",
    { resource: "namespaces", namespace: "d", name: "d", subresource: "status" },
  ],
  ["what follows a subresource", "GET", "/api/v1/namespaces/d/pods/p/proxy/a/b", { rest: ["a", "b"] }],
  ["name by field selector", "GET", "/api/v1/pods?fieldSelector=metadata.name%3Dp", { verb: "list", name: "p" }],
  ["name among selectors", "GET", "/api/v1/pods?fieldSelector=a=b,metadata.name==p", { name: "p" }],
  ["not equal is no name", "GET", "/api/v1/pods?fieldSelector=metadata.name!=p", { name: "" }],
  ["names are decoded once", "GET", "/api/v1/namespaces/d/pods/a%2525b", { name: "a%25b" }],
  ["an encoded slash separates", "GET", "/api/v1/namespaces/d/pods/a%2Fb", { name: "a", subresource: "b" }],
  ["a doubled slash is an empty element", "GET", "/api/v1//pods", { resource: "", name: "pods" }],
];

test.each(rows)("%s", (_name, method, url, expected) => {
  expect(requestInfo(method, url)).toMatchObject(expected);
});

test("a broken escape is a bad request", () => {
  expect(() => requestInfo("GET", "/api/v1/%zz")).toThrow("invalid URL escape");
});
