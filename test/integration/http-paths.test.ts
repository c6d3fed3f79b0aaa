import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { startGateway, type TestGateway } from "../harness/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.stop());

const noResource = "the server could not find the requested resource";
const noMethod = "the server does not allow this method on the requested resource";
const cms = "/api/v1/namespaces/default/configmaps";

describe("what is not served", () => {
  test.each([
    ["an unknown path", "GET", "/nosuch", 404, "404 page not found\n"],
    ["an unknown group", "GET", "/apis/nosuch.io/v1/foos", 404, "404 page not found\n"],
    ["an unknown group's version", "GET", "/apis/nosuch.io/v1", 404, "404 page not found\n"],
    ["an unknown resource", "GET", "/api/v1/nosuch", 404, noResource],
    ["an unknown version", "GET", "/apis/apps/v2/deployments", 404, noResource],
    ["an unknown core version", "GET", "/api/v2", 404, noResource],
    ["below /version", "GET", "/version/x", 404, noResource],
    ["an unknown subresource", "GET", `${cms}/x/y`, 404, noResource],
    ["a name with an encoded slash", "GET", `${cms}/a%2Fb`, 404, noResource],
    ["a cluster-scoped kind in a namespace", "GET", "/api/v1/namespaces/default/nodes", 404, noResource],
    ["a namespaced object without its namespace", "GET", "/api/v1/configmaps/x", 404, noResource],
    ["a doubled slash", "GET", "/api/v1//namespaces/default/configmaps", 404, noResource],
    ["the name ..", "GET", `${cms}/..`, 400, `Name parameter invalid: "..": may not be '..'`],
    ["a name with %", "GET", `${cms}/a%25b`, 400, `Name parameter invalid: "a%b": may not contain '%'`],
    ["a broken escape", "GET", `${cms}/%zz`, 400, "invalid URL escape"],
    ["POST across namespaces", "POST", "/api/v1/pods", 405, noMethod],
    ["PUT to a collection", "PUT", cms, 405, noMethod],
    ["POST to a name", "POST", `${cms}/x`, 405, noMethod],
    ["POST to discovery", "POST", "/api/v1", 405, noMethod],
    ["POST to the version", "POST", "/version", 405, noMethod],
    ["POST to a legacy watch", "POST", "/api/v1/watch/namespaces/default/configmaps", 405, noMethod],
    ["the list of a review", "GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 405, noMethod],
    ["deleting all namespaces", "DELETE", "/api/v1/namespaces", 405, noMethod],
    ["a timeout that is none", "GET", "/version?timeout=abc", 400, "invalid timeout specified in the request URL"],
    ["a limit that is none", "GET", `${cms}?limit=x`, 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
    ["the export parameter", "GET", `${cms}/x?export=true`, 400, "the export parameter"],
  ])("%s", async (_name, method, path, status, text) => {
    const answer = await gateway.call(path, { method });
    expect(answer.status).toBe(status);
    if (text.startsWith("404")) expect(answer.text).toBe(text);
    else expect(answer.json).toMatchObject({ kind: "Status", status: "Failure", code: status });
    expect(answer.text.startsWith("404") ? answer.text : answer.json.message).toContain(text);
    expect(answer.headers["audit-id"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.headers["x-kubernetes-pf-flowschema-uid"]).toBeTruthy();
  });

  test("HEAD of a resource", async () => {
    expect((await gateway.call(cms, { method: "HEAD" })).status).toBe(405);
  });
});

test("durations that are served as timeouts", async () => {
  for (const timeout of ["0s", "3m", "32s", "1m30s", "500ms"]) {
    expect((await gateway.call(`/version?timeout=${timeout}`)).status).toBe(200);
  }
});

test("the request's audit id comes back", async () => {
  const answer = await gateway.call("/version", { headers: { "Audit-ID": "mine" } });
  expect(answer.headers["audit-id"]).toBe("mine");
  expect(answer.headers["cache-control"]).toBe("no-cache, private");
});

describe("health", () => {
  test("checks in upstream's form", async () => {
    expect((await gateway.call("/livez")).text).toBe("ok");
    expect((await gateway.call("/readyz/etcd")).text).toBe("ok");
    const verbose = await gateway.call("/readyz?verbose&exclude=etcd&exclude=nosuch");
    expect(verbose.headers["content-type"]).toBe("text/plain; charset=utf-8");
    const lines = verbose.text.split("\n");
    expect(lines).toContain("[+]ping ok");
    expect(lines).toContain("[+]etcd excluded: ok");
    expect(lines).toContain("[+]informer-sync ok");
    expect(lines).toContain("[+]poststarthook/crd-informer-synced ok");
    expect(lines.slice(-3)).toEqual([
      'warn: some health checks cannot be excluded: no matches for "nosuch"',
      "readyz check passed",
      "",
    ]);
    expect((await gateway.call("/livez/nosuch")).status).toBe(404);
  });

  test("anybody may ask, and for the version, but for nothing else", async () => {
    const codes: Record<string, number> = {};
    for (const path of ["/livez", "/version", "/api", "/foo", "/metrics"]) {
      codes[path] = (await gateway.call(path, { user: "anonymous" })).status;
    }
    expect(codes).toEqual({ "/livez": 200, "/version": 200, "/api": 403, "/foo": 403, "/metrics": 403 });
  });
});

test("metrics count requests by verb and resource", async () => {
  await gateway.call(`${cms}?dryRun=All`, { body: { metadata: { name: "counted" } } });
  await gateway.call(cms);
  const { text } = await gateway.call("/metrics");
  expect(text).toMatch(/apiserver_request_total\{verb="LIST",.*resource="configmaps".*code="200"\} \d+/);
  expect(text).toMatch(/\{verb="POST",dry_run="All",.*resource="configmaps",.*scope="resource",.*code="201"\} 1/);
  expect(text).toMatch(/apiserver_request_duration_seconds_bucket\{verb="LIST",.*le="\+Inf"\} \d+/);
});

test("metrics tell an apply from other patches", async () => {
  const patch = (type: string) =>
    gateway.call(`${cms}/none?fieldManager=me`, {
      method: "PATCH",
      headers: { "Content-Type": type },
      body: JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "none" } }),
    });
  await patch("application/apply-patch+yaml");
  await patch("application/merge-patch+json");
  const { text } = await gateway.call("/metrics");
  expect(text).toMatch(/apiserver_request_total\{verb="APPLY",.*resource="configmaps",.*code="415"\} 1\n/);
  expect(text).toMatch(/apiserver_request_total\{verb="PATCH",.*resource="configmaps",.*code="404"\} 1\n/);
});

test("metrics tell by resource what lies in memory and how long etcd took", async () => {
  const namespace = "measured";
  const measured = `/api/v1/namespaces/${namespace}/secrets`;
  await gateway.call("/api/v1/namespaces", { body: { metadata: { name: namespace } } });
  const before = await gateway.call("/metrics");
  const secrets = 'group="",resource="secrets"';
  const objects = Number(new RegExp(`apiserver_storage_objects{${secrets}} (\\d+)`).exec(before.text)?.[1]);
  for (const name of ["a", "b"]) await gateway.call(measured, { body: { metadata: { name } } });
  await gateway.call(`${measured}/a`, { method: "DELETE" });
  const { text } = await gateway.call("/metrics");
  const request = (operation: string) => `group="",operation="${operation}",resource="secrets"`;
  expect(text.split("\n")).toEqual(
    expect.arrayContaining([
      `apiserver_storage_objects{${secrets}} ${objects + 1}`,
      `apiserver_resource_objects{${secrets}} ${objects + 1}`,
      `etcd_request_duration_seconds_count{${request("create")}} 2`,
      `etcd_request_duration_seconds_bucket{${request("delete")},le="+Inf"} 1`,
      `etcd_requests_total{${request("create")}} 2`,
    ]),
  );
  expect(text).toMatch(/etcd_requests_total\{group="",operation="get",resource=""\} \d+/);
});

test("an administrator's rules are listed once", async () => {
  const body = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectRulesReview",
    spec: { namespace: "default" },
  };
  const review = await gateway.call("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", { method: "POST", body });
  const { nonResourceRules } = review.json.status;
  expect(nonResourceRules.filter(({ verbs }: { verbs: string[] }) => verbs.includes("*"))).toHaveLength(1);
});

describe("who asks", () => {
  test.each([
    ["an unverified certificate", { user: "stranger" }, 401, "Unauthorized"],
    ["a bad token", { user: "anonymous", headers: { Authorization: "Bearer x" } }, 401, "Unauthorized"],
    [
      "nobody",
      { user: "anonymous" },
      403,
      'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "default"',
    ],
    [
      "a user without rights",
      { user: "jane" },
      403,
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
    ],
    [
      "somebody impersonated",
      { headers: { "Impersonate-User": "<bob>", "Impersonate-Group": "dev" } },
      403,
      'pods is forbidden: User "&lt;bob&gt;" cannot list resource "pods" in API group "" in the namespace "default"',
    ],
    [
      "an impersonator without the right",
      { user: "jane", headers: { "Impersonate-User": "bob" } },
      403,
      'users "bob" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope',
    ],
    ["a group without a user", { headers: { "Impersonate-Group": "dev" } }, 400, "without impersonating a user"],
  ] as const)("%s", async (_name, options, status, message) => {
    const answer = await gateway.call("/api/v1/namespaces/default/pods", options);
    expect(answer.status).toBe(status);
    expect(answer.json.message).toContain(message);
  });

  test("impersonated groups give their rights", async () => {
    const headers = { "Impersonate-User": "bob", "Impersonate-Group": ["dev", "system:masters"] };
    expect((await gateway.call("/api/v1/pods", { headers })).status).toBe(200);
  });

  test("a name in the field selector lets resourceNames allow a list", async () => {
    const api = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
    const metadata = { name: "one" };
    await gateway.call(`${api}/roles`, {
      body: {
        metadata,
        rules: [{ apiGroups: [""], resources: ["configmaps"], resourceNames: ["x"], verbs: ["list"] }],
      },
    });
    await gateway.call(`${api}/rolebindings`, {
      body: {
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "one" },
        subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "jane" }],
      },
    });
    const list = (name: string) => gateway.call(`${cms}?fieldSelector=metadata.name%3D${name}`, { user: "jane" });
    await eventually("the role is known", async () => (await list("x")).status === 200);
    expect((await list("y")).status).toBe(403);
  });
});
