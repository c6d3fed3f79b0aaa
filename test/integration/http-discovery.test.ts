import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allKinds } from "../../api/kinds.ts";
import { startGateway, type TestGateway } from "../harness/gateway.ts";

interface Named {
  readonly name: string;
}
interface AggregatedGroup {
  readonly metadata: { readonly name?: string };
  readonly versions: readonly {
    readonly version: string;
    readonly resources: readonly { readonly resource: string }[];
  }[];
}

/** What kube-apiserver 1.36.3 answered. */
const real = JSON.parse(readFileSync(new URL("./testdata/discovery.json", import.meta.url), "utf8")) as {
  readonly core: readonly Named[];
  readonly apps: readonly Named[];
  readonly groups: readonly Named[];
  readonly aggregated: readonly AggregatedGroup[];
};

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.stop());

const served = new Set(
  allKinds.flatMap(({ plural, subresources }) => [plural, ...subresources.map(({ name }) => `${plural}/${name}`)]),
);
const only = (items: readonly Named[], names: ReadonlySet<string>) => items.filter(({ name }) => names.has(name));
const aggregatedAccept =
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

describe("legacy discovery says of every served resource what the real server says", () => {
  test("core", async () => {
    const { json } = await gateway.call("/api/v1");
    expect(Object.keys(json)).toEqual(["kind", "groupVersion", "resources"]);
    expect(json.resources).toEqual(only(real.core, served));
  });

  test("apps", async () => {
    const { json } = await gateway.call("/apis/apps/v1");
    expect(Object.keys(json)).toEqual(["kind", "apiVersion", "groupVersion", "resources"]);
    expect(json.resources).toEqual(only(real.apps, served));
  });

  test("groups, in order", async () => {
    const { json } = await gateway.call("/apis");
    const names = new Set(allKinds.map(({ group }) => group));
    expect(json).toEqual({ kind: "APIGroupList", apiVersion: "v1", groups: only(real.groups, names) });
    const apps = await gateway.call("/apis/apps/");
    expect(apps.json).toEqual({
      kind: "APIGroup",
      apiVersion: "v1",
      ...real.groups.find(({ name }) => name === "apps"),
    });
  });

  test("versions", async () => {
    const { json } = await gateway.call("/api/");
    expect(json).toEqual({
      kind: "APIVersions",
      versions: ["v1"],
      serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: `127.0.0.1:${gateway.apiserver.port}` }],
    });
  });
});

describe("aggregated discovery", () => {
  const get = (path: string, headers = {}) => gateway.call(path, { headers: { Accept: aggregatedAccept, ...headers } });

  test("says of every served group what the real server says", async () => {
    const { json, headers } = await get("/apis");
    expect(headers["content-type"]).toBe("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
    expect(headers.vary).toBe("Accept");
    expect(headers["cache-control"]).toBe("public");
    expect(json).toMatchObject({ kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {} });
    const groupNames = json.items.map((item: AggregatedGroup) => item.metadata.name);
    const plurals = new Map(allKinds.map((kind) => [`${kind.group}/${kind.plural}`, kind]));
    const expected = real.aggregated
      .filter((item) => groupNames.includes(item.metadata.name))
      .map((item) => ({
        ...item,
        versions: item.versions
          .filter(({ version }) =>
            allKinds.some((kind) => kind.group === item.metadata.name && kind.version === version),
          )
          .map((version) => ({
            ...version,
            resources: version.resources.filter(({ resource }) => plurals.has(`${item.metadata.name}/${resource}`)),
          })),
      }));
    expect(json.items).toEqual(expected);
  });

  test("answers 304 to who has it", async () => {
    const { headers } = await get("/api");
    expect(headers.etag).toMatch(/^"[0-9A-F]{128}"$/);
    const again = await get("/api", { "If-None-Match": headers.etag });
    expect([again.status, again.text]).toEqual([304, ""]);
  });

  test("its beta is no longer served", async () => {
    const Accept = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
    expect((await gateway.call("/api", { headers: { Accept } })).json.kind).toBe("APIVersions");
  });
});

describe("OpenAPI", () => {
  test("version 3: index, document, hash, conditional requests", async () => {
    const index = await gateway.call("/openapi/v3");
    expect(index.headers["content-type"]).toBe("text/plain; charset=utf-8");
    const { serverRelativeURL } = index.json.paths["apis/apps/v1"];
    expect(serverRelativeURL).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{128}$/);
    const document = await gateway.call(serverRelativeURL);
    expect(document.status).toBe(200);
    expect(document.headers["cache-control"]).toBe("public, immutable");
    expect(document.headers.vary).toBe("Accept");
    const hash = serverRelativeURL.split("=")[1];
    expect(document.headers.etag).toBe(`"${hash}"`);
    const { patch } = document.json.paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"];
    expect(patch["x-kubernetes-group-version-kind"]).toEqual({ group: "apps", version: "v1", kind: "Deployment" });
    expect(patch.parameters).toContainEqual(expect.objectContaining({ name: "fieldValidation", in: "query" }));
    const stale = await gateway.call("/openapi/v3/apis/apps/v1?hash=AB");
    expect([stale.status, stale.headers.location]).toEqual([301, serverRelativeURL]);
    const known = await gateway.call("/openapi/v3/apis/apps/v1", { headers: { "If-None-Match": `"${hash}"` } });
    expect(known.status).toBe(304);
    expect((await gateway.call("/openapi/v3/nosuch")).status).toBe(404);
  });

  test("version 2: JSON, or protobuf as clients ask for it; 406 to who takes neither", async () => {
    expect((await gateway.call("/openapi/v2")).json).toMatchObject({ swagger: "2.0" });
    const Accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    const protobuf = await gateway.call("/openapi/v2", { headers: { Accept } });
    expect(protobuf.status).toBe(200);
    expect(protobuf.headers["content-type"]).toBe("application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
    expect((await gateway.call("/openapi/v2", { headers: { Accept: "text/plain" } })).status).toBe(406);
  });
});

test("the documents by which others check ServiceAccount tokens", async () => {
  const { json, headers } = await gateway.call("/.well-known/openid-configuration");
  expect(headers["cache-control"]).toBe("public, max-age=3600");
  expect(json).toMatchObject({
    issuer: "https://kubernetes.default.svc",
    id_token_signing_alg_values_supported: ["RS256"],
  });
  const keys = await gateway.call("/openid/v1/jwks");
  expect(keys.headers["content-type"]).toBe("application/jwk-set+json");
  expect(keys.json.keys[0]).toMatchObject({ use: "sig", kty: "RSA", alg: "RS256", e: "AQAB" });
});
