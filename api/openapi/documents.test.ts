import { expect, test } from "vitest";
import { allKinds } from "../kinds.ts";
import { SchemaModel } from "../schema/schema-model.ts";
import { OpenApiBuilder } from "./documents.ts";

const builder = new OpenApiBuilder({ model: new SchemaModel(), kinds: allKinds });

interface Document {
  readonly paths: Record<
    string,
    Record<string, { parameters: { name: string; in: string }[] } & Record<string, unknown>>
  >;
  readonly components: { schemas: Record<string, Record<string, unknown> & { properties?: Record<string, unknown> }> };
}

const read = (key: string) => JSON.parse(builder.document(key)) as Document;

test.each(builder.keys())("every reference of %s leads somewhere", (key) => {
  const text = builder.document(key);
  const { components } = JSON.parse(text) as Document;
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    expect(components.schemas, name).toHaveProperty([name!]);
  }
});

test("every reference of version 2 leads somewhere", () => {
  const text = builder.swagger();
  const { definitions } = JSON.parse(text) as { definitions: Record<string, unknown> };
  for (const [, name] of text.matchAll(/"#\/definitions\/([^"]+)"/g)) expect(definitions, name).toHaveProperty([name!]);
});

test("kubectl finds server-side field validation at the PATCH of every kind that has one", () => {
  for (const kind of allKinds.filter((candidate) => candidate.verbs.includes("patch"))) {
    const { paths } = read(kind.group === "" ? "api/v1" : `apis/${kind.apiVersion}`);
    const target = { group: kind.group, version: kind.version, kind: kind.kind };
    const patch = Object.values(paths)
      .map((item) => item["patch"])
      .find((operation) => JSON.stringify(operation?.["x-kubernetes-group-version-kind"]) === JSON.stringify(target));
    expect(patch?.parameters, kind.kind).toContainEqual(
      expect.objectContaining({ name: "fieldValidation", in: "query" }),
    );
  }
});

test("kubectl apply finds how lists merge", () => {
  const podSpec = read("apis/apps/v1").components.schemas["io.k8s.api.core.v1.PodSpec"];
  expect(podSpec?.properties?.["volumes"]).toMatchObject({
    "x-kubernetes-patch-merge-key": "name",
    "x-kubernetes-patch-strategy": "merge,retainKeys",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
  });
});
