import { expect, test } from "vitest";
import type { Pod } from "../../api/generated/types.ts";
import { deletionCost, podDeletionCost, sortForDeletion } from "./deletion-order.ts";

const nowMs = Date.parse("2026-01-01T12:00:00Z");
const ago = (seconds: number) => new Date(nowMs - seconds * 1000).toISOString();

interface Traits {
  nodeName?: string;
  phase?: string;
  ready?: boolean;
  readySeconds?: number;
  cost?: string;
  restarts?: number;
  ageSeconds?: number;
}

function pod(name: string, traits: Traits = {}): Pod {
  const {
    nodeName = "n",
    phase = "Running",
    ready = true,
    readySeconds = 1000,
    cost,
    restarts = 0,
    ageSeconds = 1000,
  } = traits;
  return {
    metadata: {
      name,
      uid: name,
      creationTimestamp: ago(ageSeconds),
      ...(cost !== undefined && { annotations: { [podDeletionCost]: cost } }),
    },
    spec: { containers: [], ...(nodeName !== "" && { nodeName }) },
    status: {
      phase,
      conditions: [{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime: ago(readySeconds) }],
      containerStatuses: [{ name: "c", image: "", imageID: "", ready, restartCount: restarts }],
    },
  };
}

test.each([
  { name: "unassigned first", first: pod("z", { nodeName: "" }), second: pod("a") },
  { name: "Pending before Running", first: pod("z", { phase: "Pending" }), second: pod("a") },
  { name: "not ready before ready", first: pod("z", { ready: false }), second: pod("a") },
  { name: "cheaper first", first: pod("z", { cost: "-5" }), second: pod("a") },
  {
    name: "ready for a shorter time",
    first: pod("z", { readySeconds: 10 }),
    second: pod("a", { readySeconds: 10_000 }),
  },
  { name: "more restarts first", first: pod("z", { restarts: 3 }), second: pod("a") },
  { name: "younger first", first: pod("z", { ageSeconds: 10 }), second: pod("a", { ageSeconds: 10_000 }) },
  { name: "about equally old: by UID", first: pod("a", { ageSeconds: 1000 }), second: pod("z", { ageSeconds: 999 }) },
])("$name", ({ first, second }) => {
  const ranked = [second, first].map((candidate) => ({ pod: candidate, colocated: 0 }));
  expect(sortForDeletion(ranked, nowMs).map(({ metadata }) => metadata?.name)).toEqual([
    first.metadata?.name,
    second.metadata?.name,
  ]);
});

test("crowded nodes lose Pods first", () => {
  const ranked = [
    { pod: pod("a"), colocated: 1 },
    { pod: pod("z"), colocated: 3 },
  ];
  expect(sortForDeletion(ranked, nowMs)[0]?.metadata?.name).toBe("z");
});

test.each([
  ["0", 0],
  ["-5", -5],
  ["007", 0],
  ["1.5", 0],
  ["3000000000", 0],
])("cost %s counts as %i", (cost, want) => {
  expect(deletionCost(pod("a", { cost }))).toBe(want);
});
