import { describe, expect, test } from "vitest";
import type { Operation } from "../history.ts";
import { checkLinearizable } from "./linearizable.ts";
import { history, key, operation, prefix, seen, wrote } from "./made-up.ts";

const check = (...operations: Operation[]) =>
  checkLinearizable(history({ operations }), { nowMs: () => 0 }).map(({ text }) => text);

const created = wrote("a:w1@2", { verb: "create", callMs: 0 });
const updated = wrote("a:w2@3", { verb: "update", callMs: 10 });
const get = (object: string | undefined, callMs: number) =>
  object === undefined
    ? operation({ verb: "get", callMs, outcome: "missing" })
    : operation({ verb: "get", callMs, seen: seen(object), revision: seen(object).revision });
const list = (callMs: number, ...items: string[]) =>
  operation({ verb: "list", key: prefix, callMs, items: items.map(seen), revision: 3 });
const unknown = (fields: Partial<Operation> & Pick<Operation, "verb" | "callMs">) =>
  operation({ outcome: "unknown", code: 504, ...fields });

describe("linearizable", () => {
  test.each([
    {
      name: "create, update, reads",
      operations: [created, get("a:w1@2", 5), updated, get("a:w2@3", 15), list(20, "a:w2@3")],
    },
    { name: "a guarded update", operations: [created, wrote("a:w2@3", { verb: "patch", callMs: 10, guard: 2 })] },
    {
      name: "delete and create anew",
      operations: [
        created,
        operation({ verb: "delete", callMs: 5 }),
        get(undefined, 8),
        wrote("a:w5@9", { verb: "create", callMs: 20 }),
      ],
    },
    {
      name: "a refusal says what it found",
      operations: [
        operation({ verb: "update", callMs: -5, outcome: "missing" }),
        created,
        operation({ verb: "create", callMs: 5, outcome: "exists" }),
        updated,
        operation({ verb: "update", callMs: 20, outcome: "conflict", guard: 2 }),
      ],
    },
    {
      name: "an unknown update seen later",
      operations: [created, unknown({ verb: "update", callMs: 5, write: "w2" }), get("a:w1@2", 10), get("a:w2@9", 20)],
    },
    {
      name: "an unknown delete explains an absence",
      operations: [created, unknown({ verb: "delete", callMs: 5 }), get("a:w1@2", 10), get(undefined, 20)],
    },
    {
      name: "refused writes count for nothing",
      operations: [created, operation({ verb: "delete", callMs: 5, outcome: "refused", code: 503 }), get("a:w1@2", 10)],
    },
    {
      name: "a read that allows old answers is not of this game",
      operations: [created, updated, { ...get("a:w1@2", 20), read: "any" as const }],
    },
  ])("$name", ({ operations }) => {
    expect(check(...operations)).toEqual([]);
  });
});

describe("not linearizable", () => {
  test.each([
    { name: "a stale get", operations: [created, updated, get("a:w1@2", 20)] },
    { name: "a stale list", operations: [created, updated, list(20, "a:w1@2")] },
    { name: "a list without it", operations: [created, list(20)] },
    {
      name: "a write that was acknowledged but is not there",
      operations: [created, updated, get("a:w1@2", 20), get("a:w1@2", 30)],
    },
    {
      name: "a guarded update of what had changed",
      operations: [created, updated, wrote("a:w3@5", { verb: "update", callMs: 20, guard: 2 })],
    },
    { name: "two creates without a delete", operations: [created, wrote("a:w2@3", { verb: "create", callMs: 10 })] },
    {
      name: "a conflict where there was none",
      operations: [created, operation({ verb: "update", callMs: 20, outcome: "conflict", guard: 2 })],
    },
    {
      name: "a version that goes back",
      operations: [wrote("a:w1@5", { verb: "create", callMs: 0 }), wrote("a:w2@4", { verb: "update", callMs: 10 })],
    },
    {
      name: "a refused delete that was done",
      operations: [
        created,
        operation({ verb: "delete", callMs: 5, outcome: "refused", code: 503 }),
        get(undefined, 10),
      ],
    },
    {
      name: "an unknown write seen before it was sent",
      operations: [created, get("a:w9@7", 5), unknown({ verb: "update", callMs: 10, write: "w9" })],
    },
  ])("$name", ({ operations }) => {
    const problems = check(...operations);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`${key("a")}: not linearizable`);
  });
});

test("what is not decided in time is a failure", () => {
  let nowMs = 0;
  const writes = Array.from({ length: 40 }, (_, index) =>
    unknown({ verb: "update", callMs: 5, id: index, write: `u${index}` }),
  );
  // Reads that allow old answers tell them apart, but not which of them were in time.
  const told = writes.map((_, index) => ({ ...get(`a:u${index}@${10 + index}`, 20), read: "any" as const }));
  const operations = [created, ...writes, ...told, get("a:never@99", 10)];
  const problems = checkLinearizable(history({ operations }), { nowMs: () => (nowMs += 6_000) });
  expect(problems[0]?.text).toContain("undecided");
});
