import { expect, test } from "vitest";
import type { Operation } from "../history.ts";
import { history, operation, prefix, seen, watched, wrote } from "./made-up.ts";
import { checkRevisions } from "./revisions.ts";

const first = wrote("a:w1@5", { verb: "create", callMs: 0 });
const list = (callMs: number, revision: number, fields: Partial<Operation> = {}) =>
  operation({ verb: "list", key: prefix, callMs, revision, ...fields });

test.each([
  { name: "one after the other", operations: [first, wrote("b:w2@6", { verb: "create", callMs: 10 }), list(20, 6)] },
  {
    name: "overlapping in either order",
    operations: [{ ...first, returnMs: 50 }, wrote("b:w2@4", { verb: "create", callMs: 10 })],
  },
  {
    name: "an old object in a new answer",
    operations: [
      first,
      wrote("b:w2@6", { verb: "create", callMs: 10 }),
      operation({ verb: "get", callMs: 20, seen: seen("a:w1@5"), revision: 5 }),
    ],
  },
  { name: "an old list that was asked for", operations: [first, list(10, 3, { read: "any" })] },
])("right: $name", ({ operations }) => {
  expect(checkRevisions(history({ operations }))).toEqual([]);
});

test.each([
  {
    name: "a revision used twice",
    operations: [{ ...first, returnMs: 50 }, wrote("b:w2@5", { verb: "create", callMs: 10 })],
    problem: "two writes have one revision",
  },
  {
    name: "a write below one acknowledged before",
    operations: [first, wrote("b:w2@4", { verb: "create", callMs: 10 })],
    problem: "older than @5",
  },
  { name: "a list below one acknowledged before", operations: [first, list(10, 4)], problem: "older than @5" },
  { name: "lists that go back", operations: [list(0, 9), list(10, 8)], problem: "older than @9" },
])("wrong: $name", ({ operations, problem }) => {
  expect(checkRevisions(history({ operations }))[0]?.text).toContain(problem);
});

test("what a watcher was sent holds for lists too", () => {
  const parts = { watches: watched("+a:w1@5"), operations: [list(2_000, 4)] };
  expect(checkRevisions(history(parts))).toHaveLength(1);
});

test("what a watcher begins with is as new as a list", () => {
  const parts = { watches: watched("=4"), operations: [first] };
  expect(checkRevisions(history(parts))[0]?.text).toContain("watcher 0 via apiserver begins @4");
});
