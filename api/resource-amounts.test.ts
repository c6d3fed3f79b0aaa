import { expect, test } from "vitest";
import type { Container, PodSpec } from "./generated/types.ts";
import { podRequests, resourceAmounts } from "./resource-amounts.ts";

test("fractions round up, and cpu counts in thousandths", () => {
  expect([...resourceAmounts({ cpu: "0.3", memory: "100m", "example.com/gpu": "2" }).values()]).toEqual([300, 1, 2]);
});

const container = (cpu: string | undefined, more: Partial<Container> = {}): Container => ({
  name: "c",
  ...(cpu !== undefined && { resources: { requests: { cpu } } }),
  ...more,
});
const sidecar = { restartPolicy: "Always" };

test.each<{ row: string; spec: PodSpec; want: number | undefined }>([
  { row: "containers add up", spec: { containers: [container("1"), container("500m")] }, want: 1500 },
  {
    row: "an init container needs more",
    spec: { containers: [container("1")], initContainers: [container("3"), container("2")] },
    want: 3000,
  },
  {
    row: "sidecars run beside the containers",
    spec: { containers: [container("1")], initContainers: [container("1", sidecar)] },
    want: 2000,
  },
  {
    row: "an init container runs beside the sidecars before it",
    spec: {
      containers: [container("1")],
      initContainers: [container("1", sidecar), container("3"), container("1", sidecar)],
    },
    want: 4000,
  },
  { row: "overhead comes on top", spec: { containers: [container("1")], overhead: { cpu: "100m" } }, want: 1100 },
  {
    row: "the Pod's own requests stand above",
    spec: { containers: [container("1")], resources: { requests: { cpu: "2" } } },
    want: 2000,
  },
  { row: "none", spec: { containers: [container(undefined)] }, want: undefined },
])("a Pod's cpu: $row", ({ spec, want }) => {
  expect(podRequests({ spec }, { assumeMissing: false }).get("cpu")).toBe(want);
});

test("for scoring, a container without a request counts a little and one with 0 nothing", () => {
  const scored = podRequests({ spec: { containers: [container(undefined), container("0")] } }, { assumeMissing: true });
  expect([scored.get("cpu"), scored.get("memory")]).toEqual([100, 2 * 200 * 1024 * 1024]);
});
