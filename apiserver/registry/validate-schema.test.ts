import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { allKinds, type KindId, kinds } from "../../api/kinds.ts";
import { SchemaChecker } from "./validate-schema.ts";

interface Recorded {
  readonly kind: KindId;
  readonly body: Record<string, unknown>;
  /** What kube-apiserver 1.36.3 answered with 400; empty: it went on to validation. */
  readonly message: string;
}

const recorded = JSON.parse(
  readFileSync(new URL("./testdata/decode-errors.json", import.meta.url), "utf8"),
) as readonly Recorded[];

function told(kindId: KindId, body: Record<string, unknown>, checker: SchemaChecker): string {
  const kind = kinds[kindId];
  const { mismatches, unknownFields } = checker.check(kind, body);
  const prefix = `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: `;
  if (mismatches[0] !== undefined) return prefix + mismatches[0].message;
  if (unknownFields.length === 0) return "";
  return `${prefix}strict decoding error: ${unknownFields.map((field) => `unknown field ${JSON.stringify(field)}`).join(", ")}`;
}

describe.each(["walk alone", "validator first"])("%s", (how) => {
  const checker = new SchemaChecker();
  test.each(recorded.map((row) => [`${row.kind} ${JSON.stringify(row.body).slice(0, 160)}`, row] as const))(
    "%s",
    async (_, row) => {
      if (how === "validator first") await checker.load(kinds[row.kind].schema);
      expect(told(row.kind, structuredClone(row.body), how === "walk alone" ? new SchemaChecker() : checker)).toBe(
        row.message,
      );
    },
  );
});

describe("what the decoder makes of a body", () => {
  const rows = [
    {
      name: "nulls are absent",
      given: { metadata: { creationTimestamp: null, labels: null } },
      made: { metadata: {} },
    },
    {
      name: "null map values are empty",
      given: { metadata: { labels: { a: null } } },
      made: { metadata: { labels: { a: "" } } },
    },
    { name: "null elements are zero", given: { spec: { containers: [null] } }, made: { spec: { containers: [{}] } } },
    {
      name: "zero values of plain fields go",
      given: { spec: { hostNetwork: false, nodeName: "", tolerations: [] } },
      made: { spec: {} },
    },
    {
      name: "zero values of pointers stay",
      given: { spec: { priority: 0, enableServiceLinks: false } },
      made: { spec: { priority: 0, enableServiceLinks: false } },
    },
    {
      name: "quantities are canonical",
      given: { spec: { overhead: { cpu: "1000m", memory: 1024, x: "1n" } } },
      made: { spec: { overhead: { cpu: "1", memory: "1024", x: "1m" } } },
    },
    {
      name: "times are UTC seconds",
      given: { metadata: { creationTimestamp: "2026-01-01T01:00:00.5+01:00" } },
      made: { metadata: { creationTimestamp: "2026-01-01T00:00:00Z" } },
    },
    { name: "unknown fields go", given: { spec: { x: 1 }, y: 2 }, made: { spec: {} } },
    {
      name: "a label named __proto__ is a label",
      given: { metadata: { labels: JSON.parse('{"__proto__":"a","b":null}') } },
      made: { metadata: { labels: JSON.parse('{"__proto__":"a","b":""}') } },
    },
  ];
  test.each(rows)("$name", async ({ given, made }) => {
    for (const load of [false, true]) {
      const checker = new SchemaChecker();
      if (load) await checker.load(kinds.pods.schema);
      const object = structuredClone(given) as Record<string, unknown>;
      expect(checker.check(kinds.pods, object).mismatches).toEqual([]);
      expect(JSON.stringify(object)).toBe(JSON.stringify(made));
    }
  });
});

test("the null that Go clients send for creationTimestamp is gone from templates too", async () => {
  const checker = new SchemaChecker();
  await checker.load(kinds.deployments.schema);
  const metadata = { name: "a", creationTimestamp: null };
  const object = { metadata, spec: { template: { metadata, spec: { containers: [{ name: "c" }] } } } };
  checker.check(kinds.deployments, object);
  expect(object).toEqual({
    metadata: { name: "a" },
    spec: { template: { metadata: { name: "a" }, spec: { containers: [{ name: "c" }] } } },
  });
});

test("a body of every kind passes its validator untouched", async () => {
  const checker = new SchemaChecker();
  for (const kind of allKinds) {
    await checker.load(kind.schema);
    const object = { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name: "a", labels: { a: "b" } } };
    expect(checker.check(kind, object), kind.kind).toEqual({ unknownFields: [], mismatches: [] });
  }
});
