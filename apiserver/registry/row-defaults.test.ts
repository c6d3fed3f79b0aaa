import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Kind } from "../../api/kind.ts";
import { type KindId, kinds } from "../../api/kinds.ts";
import type { ApiObject } from "../../api/meta.ts";
import { SchemaChecker } from "./validate-schema.ts";

interface Defaulted {
  readonly kind: KindId;
  readonly body: ApiObject;
  /** Without what the server sets, and without nulls. */
  readonly made: unknown;
}

const recorded = JSON.parse(
  readFileSync(new URL("../../api/testdata/defaults.json", import.meta.url), "utf8"),
) as readonly Defaulted[];

describe("defaults are those that kube-apiserver 1.36.3 gave", () => {
  const checker = new SchemaChecker();
  const rows = recorded.map((row) => [`${row.kind} ${JSON.stringify(row.body)}`.slice(0, 160), row] as const);
  test.each(rows)("%s", (_, { kind: id, body, made }) => {
    const kind: Kind = kinds[id];
    const object = { apiVersion: kind.apiVersion, kind: kind.kind, ...structuredClone(body) };
    checker.check(kind, object);
    kind.defaults(object);
    expect(withoutServerSet(object, kind)).toEqual(made);
    const once = structuredClone(object);
    kind.defaults(object);
    expect(object, "defaulting twice changes nothing").toEqual(once);
  });

  /** As the recording left them out. */
  function withoutNulls<T>(object: T): T {
    return JSON.parse(JSON.stringify(object, (_key, value) => (value === null ? undefined : value))) as T;
  }

  /** What admission, allocators and strategies add or the recording left out. */
  function withoutServerSet(object: ApiObject, kind: Kind): unknown {
    const copy = withoutNulls(object) as { metadata: Record<string, unknown>; spec?: Record<string, unknown> };
    delete copy.metadata["namespace"];
    if (kind.kind === "Pod") for (const field of ["serviceAccount", "serviceAccountName"]) delete copy.spec?.[field];
    if (kind.kind === "Service") for (const field of ["clusterIP", "clusterIPs"]) delete copy.spec?.[field];
    return copy;
  }
});
