import { describe, expect, test } from "vitest";
import { describeFault } from "./describe.ts";
import { type Fault, linksOf, type Topology } from "./fault.ts";
import { parseFaultWords } from "./fault-request.ts";
import { healed, linkStates, withFault } from "./fault-state.ts";

const topology: Topology = {
  members: ["a", "b", "c"],
  gateways: [{ name: "g1", stackedOn: "a" }, { name: "g2", stackedOn: "c" }, { name: "all" }],
};
const partition: Fault = { kind: "partition", sides: [["a", "b"], ["c"]], how: "silent" };
const slow: Fault = { kind: "slow", ends: { kind: "all", of: "a" }, delayMs: 100, jitterMs: 50 };
const cut: Fault = { kind: "cut", ends: { kind: "between", a: "a", b: "b" }, how: "refuse", oneWay: false };

/** `a>b: stall`, of every link that does not pass. */
const broken = (faults: readonly Fault[]) =>
  linkStates(topology, faults)
    .filter(({ fault }) => fault.kind !== "pass")
    .map(({ from, to, fault }) => {
      const towards = fault.kind === "stall" && fault.towards ? ` ${fault.towards}` : "";
      return `${from}>${to}: ${fault.kind}${towards}`;
    });

test("every member has a link to every other one, every gateway to all", () => {
  expect(linksOf(topology)).toHaveLength(3 * 2 + 3 * 3);
});

describe("what links do", () => {
  test.each<{ name: string; faults: Fault[]; links: string[] }>([
    { name: "nothing is wrong", faults: [], links: [] },
    {
      name: "a cut is of both directions",
      faults: [cut],
      links: ["a>b: refuse", "b>a: refuse"],
    },
    {
      name: "one way: whoever opened the connection, a's bytes do not arrive",
      faults: [{ ...cut, how: "silent", oneWay: true }],
      links: ["a>b: stall target", "b>a: stall caller"],
    },
    {
      name: "both one ways are all",
      faults: [
        { ...cut, how: "silent", oneWay: true },
        { kind: "cut", ends: { kind: "between", a: "b", b: "a" }, how: "silent", oneWay: true },
      ],
      links: ["a>b: stall", "b>a: stall"],
    },
    {
      name: "a gateway is on the side of its member; one that speaks to all is on none",
      faults: [partition],
      links: ["a>c: stall", "b>c: stall", "c>a: stall", "c>b: stall", "g1>c: stall", "g2>a: stall", "g2>b: stall"],
    },
    {
      name: "a gateway that is named is where it is named",
      faults: [
        {
          ...partition,
          sides: [
            ["a", "b", "g2"],
            ["c", "all"],
          ],
        },
      ],
      links: [
        ...["a>c: stall", "b>c: stall", "c>a: stall", "c>b: stall"],
        ...["g1>c: stall", "g2>c: stall", "all>a: stall", "all>b: stall"],
      ],
    },
    {
      name: "the worst holds",
      faults: [slow, cut],
      links: [
        ...["a>b: refuse", "a>c: delay", "b>a: refuse", "c>a: delay"],
        ...["g1>a: delay", "g2>a: delay", "all>a: delay"],
      ],
    },
    { name: "processes have no links' faults", faults: [{ kind: "down", name: "a" }], links: [] },
  ])("$name", ({ faults, links }) => {
    expect(broken(faults)).toEqual(links);
  });
});

test("a later fault replaces one that it contradicts, and no other", () => {
  const others: Fault[] = [{ kind: "paused", name: "a", pid: 7 }, slow, cut, partition];
  const slower: Fault = { ...slow, delayMs: 200 };
  const other: Fault = { ...partition, sides: [["a"], ["b", "c"]] };
  const down: Fault = { kind: "down", name: "a" };
  expect([slower, other, down].reduce<readonly Fault[]>(withFault, others)).toEqual([cut, slower, other, down]);
});

describe("heal", () => {
  const all: Fault[] = [{ kind: "paused", name: "b", pid: 7 }, slow, cut, partition];
  test.each([
    { name: undefined, left: [] },
    { name: "a", left: [all[0], { ...partition, sides: [["b"], ["c"]] }] },
    { name: "b", left: [slow, { ...partition, sides: [["a"], ["c"]] }] },
    { name: "c", left: [all[0], slow, cut] },
    { name: "g1", left: all },
  ])("$name", ({ name, left }) => {
    expect(healed(all, name)).toEqual(left);
  });
});

test.each([
  {
    fault: partition,
    line: "a, b, g1 (2 of 3: a majority) / c, g2 (1 of 3: no majority): between them nothing arrives (7 of 15 links)",
  },
  { fault: slow, line: "all links of a: everything arrives 100 ms late, more or less by up to 50 ms" },
  { fault: cut, line: "a ↔ b: connections are refused" },
  { fault: { ...cut, oneWay: true }, line: "a → b: nothing arrives; the other way everything does" },
])("$line", ({ fault, line }) => {
  expect(describeFault(fault, topology)).toBe(line);
});

describe("words", () => {
  const flags = { delayMs: 100, jitterMs: 0, refuse: false, oneWay: false, keepDown: false };
  test.each([
    { words: "heal", is: { verb: "heal" } },
    { words: "heal a", is: { verb: "heal", name: "a" } },
    { words: "kill a b", is: { verb: "kill", names: ["a", "b"], keepDown: false } },
    { words: "slow a", is: { verb: "slow", ends: { kind: "all", of: "a" }, delayMs: 100, jitterMs: 0 } },
    { words: "cut a b", is: { verb: "cut", ends: { kind: "between", a: "a", b: "b" }, how: "silent", oneWay: false } },
    { words: "partition a,b / c", is: { verb: "partition", sides: [["a", "b"], ["c"]], how: "silent" } },
    {
      words: "partition a, b/c d",
      is: {
        verb: "partition",
        sides: [
          ["a", "b"],
          ["c", "d"],
        ],
        how: "silent",
      },
    },
    { words: "partition a", is: { verb: "partition", sides: [["a"]], how: "silent" } },
  ])("$words", ({ words, is }) => {
    expect(parseFaultWords({ words: words.split(" "), ...flags })).toEqual(is);
  });
  test.each([
    { words: "explode a", problem: /no such fault/ },
    { words: "kill", problem: /name one process or more/ },
    { words: "cut", problem: /the two ends of one link/ },
    { words: "cut a b c", problem: /the two ends of one link/ },
    { words: "partition a / a,b", problem: /a can be on one side only/ },
    { words: "partition a /", problem: /name those on each side/ },
    { words: "heal a b", problem: /name one, or none/ },
  ])("$words: refused", ({ words, problem }) => {
    expect(() => parseFaultWords({ words: words.split(" "), ...flags })).toThrow(problem);
  });
});
