import { expect, test } from "vitest";
import { EvictionQueue } from "./eviction-queue.ts";
import { evictionRate, isEverythingDown, zoneState } from "./zones.ts";

const rates = {
  nodeEvictionRate: 0.1,
  secondaryNodeEvictionRate: 0.01,
  largeClusterSizeThreshold: 50,
  unhealthyZoneThreshold: 0.55,
};
const states = (ready: number, notReady: number) => [
  ...Array<"True">(ready).fill("True"),
  ...Array<"Unknown">(notReady).fill("Unknown"),
];

test.each([
  { name: "all well", ready: 3, notReady: 0, state: "Normal", rate: 0.1 },
  { name: "two of three", ready: 1, notReady: 2, state: "Normal", rate: 0.1 },
  { name: "most of a small zone", ready: 2, notReady: 3, state: "PartialDisruption", rate: 0 },
  { name: "most of a large zone", ready: 20, notReady: 40, state: "PartialDisruption", rate: 0.01 },
  { name: "all", ready: 0, notReady: 3, state: "FullDisruption", rate: 0.1 },
] as const)("$name", ({ ready, notReady, state, rate }) => {
  const nodes = states(ready, notReady);
  expect(zoneState(nodes, rates)).toBe(state);
  expect(evictionRate(state, nodes.length, rates)).toBe(rate);
});

test("nothing is evicted only when every zone is down", () => {
  expect(isEverythingDown(["FullDisruption", "FullDisruption"])).toBe(true);
  expect(isEverythingDown(["FullDisruption", "Normal"])).toBe(false);
  expect(isEverythingDown([])).toBe(false);
});

test("nodes are taken at the zone's rate", () => {
  const queue = new EvictionQueue(0.1);
  for (const node of ["a", "b"]) queue.add(node);
  expect([queue.take(0), queue.take(9_999), queue.take(10_000)]).toEqual(["a", undefined, "b"]);
});
