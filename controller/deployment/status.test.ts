import { expect, test } from "vitest";
import type { Deployment, DeploymentStatus, ReplicaSet } from "../../api/generated/types.ts";
import { deadlineCheckInMs, rolloutStatus } from "./status.ts";

const now = "2026-01-01T00:10:00Z";
const time = { now, nowMs: Date.parse(now) };
const progressing = (reason: string, lastUpdateTime: string): DeploymentStatus => ({
  conditions: [{ type: "Progressing", status: "True", reason, lastUpdateTime, lastTransitionTime: lastUpdateTime }],
});

const deployment = (status: DeploymentStatus = {}): Deployment => ({
  metadata: { name: "web", generation: 1 },
  spec: { replicas: 3, progressDeadlineSeconds: 60, selector: {}, template: {} },
  status,
});

const replicaSet = (available: number): ReplicaSet => ({
  metadata: { name: "web-x" },
  spec: { replicas: 3, selector: {} },
  status: { replicas: 3, ...(available > 0 && { readyReplicas: available, availableReplicas: available }) },
});

const reasonsOf = (status: DeploymentStatus) =>
  Object.fromEntries((status.conditions ?? []).map(({ type, status: value, reason }) => [type, `${value} ${reason}`]));

test.each([
  {
    name: "nothing available yet",
    before: progressing("NewReplicaSetCreated", now),
    available: 0,
    want: { Progressing: "True ReplicaSetUpdated", Available: "False MinimumReplicasUnavailable" },
  },
  {
    name: "complete",
    before: progressing("ReplicaSetUpdated", now),
    available: 3,
    want: { Progressing: "True NewReplicaSetAvailable", Available: "True MinimumReplicasAvailable" },
  },
  {
    name: "stuck beyond its deadline",
    before: { ...progressing("ReplicaSetUpdated", "2026-01-01T00:08:00Z"), replicas: 3, updatedReplicas: 3 },
    available: 0,
    want: { Progressing: "False ProgressDeadlineExceeded", Available: "False MinimumReplicasUnavailable" },
  },
  {
    name: "a Pod fails long after the rollout",
    before: { ...progressing("NewReplicaSetAvailable", "2026-01-01T00:00:00Z"), replicas: 3, updatedReplicas: 3 },
    available: 2,
    want: { Progressing: "True NewReplicaSetAvailable", Available: "False MinimumReplicasUnavailable" },
  },
])("conditions: $name", ({ before, available, want }) => {
  const rollout = { deployment: deployment(before), newReplicaSet: replicaSet(available), oldReplicaSets: [] };
  expect(reasonsOf(rolloutStatus(rollout, time))).toEqual(want);
});

test("counts of zero are absent, as on the wire", () => {
  const rollout = { deployment: deployment(), newReplicaSet: replicaSet(0), oldReplicaSets: [] };
  const { conditions: _conditions, ...counts } = rolloutStatus(rollout, time);
  expect(counts).toEqual({
    observedGeneration: 1,
    replicas: 3,
    updatedReplicas: 3,
    unavailableReplicas: 3,
    terminatingReplicas: 0,
  });
});

test("a rollout that stands still is looked at a second after its deadline", () => {
  const stuck = deployment(progressing("ReplicaSetUpdated", "2026-01-01T00:09:30Z"));
  expect(deadlineCheckInMs(stuck, {}, time.nowMs)).toBe(31_000);
});
