import { expect, test } from "vitest";
import type { Operation } from "../history.ts";
import { commits, history, operation, prefix, seen } from "./made-up.ts";
import { checkReads } from "./reads.ts";

const log = commits("a:w1@2", "b:w2@3", "a:w3@4", "b:w2@6-");

const list = (revision: number, items: string[], fields: Partial<Operation> = {}) =>
  operation({ verb: "list", key: prefix, callMs: 0, revision, items: items.map(seen), ...fields });
const get = (object: string | undefined, fields: Partial<Operation> = {}) =>
  operation({
    verb: "get",
    callMs: 0,
    ...(object === undefined ? { outcome: "missing" } : { seen: seen(object), revision: seen(object).revision }),
    ...fields,
  });
const check = (one: Operation) => checkReads(history({ commits: log, operations: [one] })).map(({ text }) => text);

test.each([
  { name: "a list", one: list(5, ["a:w3@4", "b:w2@3"]) },
  { name: "an old list", one: list(3, ["a:w1@2", "b:w2@3"], { read: "any" }) },
  { name: "an exact list", one: list(3, ["a:w1@2", "b:w2@3"], { read: "exact", at: 3 }) },
  { name: "a list of pages", one: list(6, ["a:w3@4"], { pageRevisions: [6, 6] }) },
  { name: "an empty group", one: list(6, [], { group: "b" }) },
  { name: "an old object", one: get("a:w1@2", { read: "any" }) },
  { name: "an object not older than it had to be", one: get("a:w3@4", { read: "notOlderThan", at: 5 }) },
  { name: "an object that was not there yet", one: { ...get(undefined, { read: "notOlderThan", at: 1 }) } },
  { name: "an object deleted since", one: { ...get(undefined, { read: "notOlderThan", at: 5 }), key: `${prefix}b` } },
])("right: $name", ({ one }) => {
  expect(check(one)).toEqual([]);
});

test.each([
  { name: "an object too few", one: list(5, ["a:w3@4"]), problem: "b w2@3 is there then, but is not shown" },
  { name: "an object too many", one: list(6, ["a:w3@4", "b:w2@3"]), problem: "b w2@3 is shown, but is not there then" },
  { name: "objects of different times", one: list(5, ["a:w1@2", "b:w2@3"]), problem: "is shown as w1@2" },
  { name: "an object twice", one: list(6, ["a:w3@4", "a:w3@4"]), problem: "shown twice" },
  {
    name: "another revision than the exact one",
    one: list(4, ["a:w3@4", "b:w2@3"], { read: "exact", at: 3 }),
    problem: "@3 was asked for",
  },
  {
    name: "a list that is too old",
    one: list(3, ["a:w1@2", "b:w2@3"], { read: "notOlderThan", at: 4 }),
    problem: "nothing below @4",
  },
  {
    name: "pages of different revisions",
    one: list(5, ["a:w3@4", "b:w2@3"], { pageRevisions: [5, 6] }),
    problem: "of @5 and of @6",
  },
  { name: "an object that was never committed", one: get("a:w9@4"), problem: "not of a commit" },
  {
    name: "an object that is too old",
    one: get("a:w1@2", { read: "notOlderThan", at: 4 }),
    problem: "had changed by @4",
  },
  {
    name: "an object that is not there yet but should be",
    one: get(undefined, { read: "notOlderThan", at: 4 }),
    problem: "was there at @4",
  },
])("wrong: $name", ({ one, problem }) => {
  expect(check(one)[0]).toContain(problem);
});
