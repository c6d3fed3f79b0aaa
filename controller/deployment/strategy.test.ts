import { expect, test } from "vitest";
import { rolloutLimits } from "./strategy.ts";

const deployment = (
  replicas: number,
  rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string },
) => ({
  spec: {
    replicas,
    selector: {},
    template: {},
    strategy: { type: "RollingUpdate", ...(rollingUpdate !== undefined && { rollingUpdate }) },
  },
});

test.each([
  { name: "1 replica, defaults", of: deployment(1), maxSurge: 1, maxUnavailable: 0 },
  { name: "3 replicas, defaults", of: deployment(3), maxSurge: 1, maxUnavailable: 0 },
  { name: "4 replicas, defaults", of: deployment(4), maxSurge: 1, maxUnavailable: 1 },
  { name: "10 replicas, defaults", of: deployment(10), maxSurge: 3, maxUnavailable: 2 },
  { name: "both 0", of: deployment(5, { maxSurge: 0, maxUnavailable: "10%" }), maxSurge: 0, maxUnavailable: 1 },
  {
    name: "no more than there are",
    of: deployment(2, { maxSurge: 1, maxUnavailable: 5 }),
    maxSurge: 1,
    maxUnavailable: 2,
  },
])("$name", ({ of, maxSurge, maxUnavailable }) => {
  expect(rolloutLimits(of)).toEqual({ maxSurge, maxUnavailable });
});

test("a Recreate rollout allows neither", () => {
  const recreate = { spec: { replicas: 4, selector: {}, template: {}, strategy: { type: "Recreate" } } };
  expect(rolloutLimits(recreate)).toEqual({ maxSurge: 0, maxUnavailable: 0 });
});
