import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Column } from "./kind.ts";
import { allKinds, type KindId, kindByGvk, kinds } from "./kinds.ts";
import type { ApiObject } from "./meta.ts";
import { storageVersionHash } from "./storage-version-hash.ts";

const recorded = <T>(file: string) =>
  JSON.parse(readFileSync(new URL(`./testdata/${file}`, import.meta.url), "utf8")) as readonly T[];

interface BuiltinResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly { name: string; kind: string; group: string; version: string; verbs: string[] }[];
  readonly etcdPrefix: string | null;
  readonly storageVersionHash?: string;
}

describe("rows say what upstream's discovery says", () => {
  const resources = recorded<BuiltinResource>("builtin-resources.json");

  test("every kind is known upstream", () => {
    expect(resources.map((row) => `${row.group}/${row.resource}`).sort()).toEqual(
      allKinds.map((kind) => `${kind.group}/${kind.plural}`).sort(),
    );
  });

  test.each(resources.map((row) => [`${row.resource}.${row.group}`, row] as const))("%s", (_, row) => {
    const kind = kindByGvk(row.group, row.version, row.kind);
    if (kind === undefined) throw new Error("not served");
    expect({
      plural: kind.plural,
      kind: kind.kind,
      singular: kind.singular,
      namespaced: kind.scope === "Namespaced",
      verbs: kind.verbs,
      shortNames: kind.shortNames,
      categories: kind.categories,
      etcdPrefix: kind.storage === null ? null : `/registry/${kind.storage.prefix}/`,
      storageVersionHash: storageVersionHash(kind),
    }).toEqual({
      plural: row.resource,
      kind: row.kind,
      singular: row.singular,
      namespaced: row.namespaced,
      verbs: row.verbs,
      shortNames: row.shortNames,
      categories: row.categories,
      etcdPrefix: row.etcdPrefix,
      storageVersionHash: row.storageVersionHash,
    });
    for (const subresource of kind.subresources) {
      const upstream = row.subresources.find((candidate) => candidate.name === subresource.name);
      const { group, version, kind: name } = subresource.kind ?? kind;
      expect({ name: subresource.name, kind: name, group, version, verbs: subresource.verbs }).toEqual(upstream);
    }
  });
});

describe("cells are those that kube-apiserver 1.36.3 rendered", () => {
  interface Rendered {
    readonly kind: KindId;
    readonly nowMs: number;
    readonly object: ApiObject;
    readonly cells: readonly unknown[];
  }
  const rows = recorded<Rendered>("table-cells.json").map(
    (row) => [`${row.kind} ${row.object.metadata?.name}`, row] as const,
  );
  test.each(rows)("%s", (_, { kind: id, nowMs, object, cells }) => {
    const columns = kinds[id].columns as unknown as readonly Column<ApiObject>[];
    const rendered = columns.map((column) => column.cell(object, nowMs));
    // Upstream's IPAddress rows have a cell more than columns.
    expect(rendered).toEqual(cells.slice(0, columns.length));
  });
});

test("an Event is the same in both of its groups", () => {
  const core = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: "e" },
    involvedObject: { name: "p" },
    message: "m",
    count: 2,
    firstTimestamp: "2026-01-01T00:00:00Z",
    reportingComponent: "c",
    reportingInstance: "",
    source: { host: "h" },
  };
  const { as } = kinds.eventsV1.storage ?? {};
  const seen = as?.fromStored(core);
  expect(seen).toEqual({
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: "e" },
    regarding: { name: "p" },
    note: "m",
    deprecatedCount: 2,
    deprecatedFirstTimestamp: "2026-01-01T00:00:00Z",
    reportingController: "c",
    deprecatedSource: { host: "h" },
  });
  expect(as?.toStored(seen as never)).toEqual(core);
});
