import { expect, test } from "vitest";
import { commits, history, watched } from "./made-up.ts";
import { checkWatches } from "./watches.ts";

const log = commits("a:w1@2", "b:w2@3", "a:w3@4", "a:w3@6-", "a:w4@7:again");

const check = (...texts: string[]) =>
  checkWatches(history({ commits: log, watches: watched(...texts), compactedRevision: 4 })).map(({ text }) => text);

test.each([
  { name: "from the beginning", texts: ["=0", ">0", "+a:w1@2", "+b:w2@3", "~a:w3@4", "-a:w3@6", "+a:w4@7:again"] },
  {
    name: "over several connections",
    texts: ["=0", ">0", "+a:w1@2", ">2", "+b:w2@3", "~a:w3@4", ">4", "-a:w3@6", "+a:w4@7:again"],
  },
  { name: "from a state in the middle", texts: ["=4 a:w3@4 b:w2@3", ">4", "-a:w3@6", "+a:w4@7:again"] },
  { name: "resumed from a bookmark", texts: ["=4 a:w3@4 b:w2@3", "*5", ">5", "-a:w3@6", "*6", "+a:w4@7:again", "*9"] },
  { name: "anew after 410", texts: ["=0", "+a:w1@2", "!", "=7 b:w2@3 a:w4@7:again", ">7"] },
])("right: $name", ({ texts }) => {
  expect(check(...texts)).toEqual([]);
});

const middle = ["=4 a:w3@4 b:w2@3", ">4"];
const rest = ["-a:w3@6", "+a:w4@7:again"];

test.each([
  {
    name: "an event is left out",
    texts: ["=0", "+a:w1@2", "~a:w3@4", ...rest],
    problem: "ADDED configmaps/ns/b w2@3 has not been sent",
  },
  {
    name: "the last event never comes",
    texts: [...middle, "-a:w3@6"],
    problem: "never sent ADDED configmaps/ns/a w4@7",
  },
  { name: "an event comes twice", texts: [...middle, "-a:w3@6", ...rest], problem: "was at @6 already" },
  {
    name: "two events change places",
    texts: [...middle, "+a:w4@7:again", "-a:w3@6"],
    problem: "DELETED configmaps/ns/a w3@6 has not been sent",
  },
  {
    name: "an event is repeated after resuming",
    texts: [...middle, "-a:w3@6", ">6", ...rest],
    problem: "was at @6 already",
  },
  {
    name: "a bookmark is premature",
    texts: [...middle, "*6", ...rest],
    problem: "DELETED configmaps/ns/a w3@6 has not been sent",
  },
  { name: "a bookmark goes back", texts: [...middle, ...rest, "*5"], problem: "was at @7 already" },
  {
    name: "what it resumes from goes back",
    texts: [...middle, "-a:w3@6", ">5", "+a:w4@7:again"],
    problem: "but was at @6",
  },
  {
    name: "a state goes back",
    texts: [...middle, "-a:w3@6", "=3 a:w1@2 b:w2@3", ...rest],
    problem: "was at @6 already",
  },
  {
    name: "a state lacks an object",
    texts: ["=4 a:w3@4", ...rest],
    problem: "configmaps/ns/b w2@3 is there then, but is not shown",
  },
  {
    name: "a state has an old object",
    texts: ["=4 a:w1@2 b:w2@3", ...rest],
    problem: "is shown as w1@2, but is w3@4 then",
  },
  { name: "410 without need", texts: [...middle, "!", ...rest], problem: "compacted up to @4 only" },
  {
    name: "a change is called by another type",
    texts: [...middle, "-a:w3@6", "~a:w4@7:again"],
    problem: "expected ADDED",
  },
  {
    name: "a delete shows another state",
    texts: [...middle, "-a:w1@6", "+a:w4@7:again"],
    problem: "expected DELETED configmaps/ns/a w3@6",
  },
  {
    name: "something was never committed",
    texts: [...middle, ...rest, "~b:w9@8"],
    problem: "nothing of the kind was committed",
  },
])("wrong: $name", ({ texts, problem }) => {
  const problems = check(...texts);
  expect(problems.length, problems.join("\n")).toBeGreaterThan(0);
  expect(problems[0]).toContain(problem);
});

test("objects that enter or leave the group are ADDED or DELETED", () => {
  const moving = commits("a:w1@2", "a:w2@3", "a:w3@4").map((commit, index) => ({
    ...commit,
    group: index === 1 ? "b" : "a",
  }));
  const told = (...texts: string[]) =>
    checkWatches(history({ commits: moving, watches: watched(...texts).map((record) => ({ ...record, group: "a" })) }));
  expect(told("=0", "+a:w1@2", "-a:w1@3", "+a:w3@4")).toEqual([]);
  expect(told("=0", "+a:w1@2", "~a:w3@4")).toHaveLength(1);
});
