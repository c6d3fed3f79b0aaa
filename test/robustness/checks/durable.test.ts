import { expect, test } from "vitest";
import type { History, Operation } from "../history.ts";
import { checkDurable } from "./durable.ts";
import { commits, history, operation, seen, wrote } from "./made-up.ts";

const log = commits("a:w1@2", "a:w2@3", "a:w2@5-");
const operations: readonly Operation[] = [
  wrote("a:w1@2", { verb: "create", callMs: 0 }),
  wrote("a:w2@3", { verb: "update", callMs: 10 }),
  operation({ verb: "delete", callMs: 20, seen: seen("a:x@0") }),
];
const check = (parts: Partial<History>) =>
  checkDurable(history({ commits: log, operations, ...parts })).map(({ text }) => text);
const replaced = (index: number, fields: Partial<Operation>) =>
  operations.map((one, at) => (at === index ? { ...one, ...fields } : one));

test.each<{ name: string; parts: Partial<History> }>([
  { name: "all acknowledged", parts: {} },
  { name: "an unknown write that was done", parts: { operations: replaced(1, { outcome: "unknown" }) } },
  {
    name: "an unknown write that was not",
    parts: { operations: [...operations, operation({ verb: "update", callMs: 30, write: "w9", outcome: "unknown" })] },
  },
  { name: "an unknown delete", parts: { operations: replaced(2, { outcome: "unknown" }) } },
  { name: "all agree in the end", parts: { finals: [{ kind: "final", from: "etcd", revision: 5, items: [] }] } },
])("right: $name", ({ parts }) => {
  expect(check(parts)).toEqual([]);
});

test.each<{ name: string; parts: Partial<History>; problem: string }>([
  {
    name: "an acknowledged write is lost",
    parts: { operations: [...operations, wrote("a:w9@9", { verb: "update", callMs: 30 })] },
    problem: "acknowledged, but not committed so",
  },
  {
    name: "an acknowledged delete was not done",
    parts: { commits: commits("a:w1@2", "a:w2@3") },
    problem: "acknowledged, but not done",
  },
  {
    name: "two deletes removed one object",
    parts: { operations: [...operations, { ...operations[2]!, callMs: 30 }] },
    problem: "removed twice",
  },
  {
    name: "a refused write is there",
    parts: { operations: replaced(1, { outcome: "refused" }) },
    problem: "refused, but committed at @3",
  },
  {
    name: "a write that found something else is there",
    parts: { operations: replaced(1, { outcome: "conflict" }) },
    problem: "refused, but committed at @3",
  },
  {
    name: "a refused delete was done",
    parts: { operations: replaced(2, { outcome: "refused" }) },
    problem: "though every delete left was refused",
  },
  {
    name: "a write was done twice",
    parts: { commits: commits("a:w1@2", "a:w2@3", "a:w2@4", "a:w2@5-") },
    problem: "committed twice, at @3 and @4",
  },
  {
    name: "a write was acknowledged with another revision",
    parts: { operations: replaced(1, { revision: 4 }) },
    problem: "acknowledged otherwise",
  },
  {
    name: "the log of commits has a gap",
    parts: { commits: log.filter((_, index) => index !== 0) },
    problem: "lacks a change",
  },
  {
    name: "a gateway has something else in the end",
    parts: { finals: [{ kind: "final", from: "apiserver-2", revision: 5, items: [seen("a:w2@3")] }] },
    problem: "what apiserver-2 holds in the end",
  },
])("wrong: $name", ({ parts, problem }) => {
  expect(check(parts).join("\n")).toContain(problem);
});
