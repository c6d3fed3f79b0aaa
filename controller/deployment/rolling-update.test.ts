import { expect, test } from "vitest";
import { newReplicaSetReplicas, oldReplicaSetResizes, type ReplicaSetSize } from "./rolling-update.ts";

const size = (name: string, replicas: number, available = replicas): ReplicaSetSize => ({ name, replicas, available });
const limits = (maxSurge: number, maxUnavailable: number) => ({ maxSurge, maxUnavailable });

test.each([
  { name: "first rollout", replicas: 3, ...limits(1, 0), oldReplicaSets: [], want: 3 },
  { name: "only the surge at first", replicas: 3, ...limits(1, 0), oldReplicaSets: [size("old", 3)], want: 1 },
  { name: "no surge, nothing gone yet", replicas: 3, ...limits(0, 1), oldReplicaSets: [size("old", 3)], want: 0 },
  {
    name: "room that the old one left",
    replicas: 3,
    ...limits(1, 0),
    newReplicaSet: size("new", 1),
    oldReplicaSets: [size("old", 2)],
    want: 2,
  },
  {
    name: "full",
    replicas: 3,
    ...limits(1, 0),
    newReplicaSet: size("new", 1, 0),
    oldReplicaSets: [size("old", 3)],
    want: 1,
  },
  {
    name: "scaled down meanwhile",
    replicas: 2,
    ...limits(1, 0),
    newReplicaSet: size("new", 5),
    oldReplicaSets: [],
    want: 2,
  },
])("new ReplicaSet: $name", ({ want, ...input }) => {
  expect(newReplicaSetReplicas(input)).toBe(want);
});

test.each([
  {
    name: "nothing before a new Pod is available",
    input: { replicas: 3, ...limits(1, 0), newReplicaSet: size("new", 1, 0), oldReplicaSets: [size("old", 3)] },
    want: [],
  },
  {
    name: "one for one",
    input: { replicas: 3, ...limits(1, 0), newReplicaSet: size("new", 1), oldReplicaSets: [size("old", 3)] },
    want: [{ name: "old", to: 2 }],
  },
  {
    name: "maxUnavailable goes at once",
    input: { replicas: 10, ...limits(0, 2), newReplicaSet: size("new", 0), oldReplicaSets: [size("old", 10)] },
    want: [{ name: "old", to: 8 }],
  },
  {
    name: "what is not available goes first, oldest first",
    input: {
      replicas: 4,
      ...limits(1, 1),
      newReplicaSet: size("new", 1, 0),
      oldReplicaSets: [size("a", 2, 0), size("b", 2, 2)],
    },
    want: [{ name: "a", to: 1 }],
  },
  {
    name: "no old Pods",
    input: { replicas: 4, ...limits(1, 1), newReplicaSet: size("new", 4), oldReplicaSets: [size("a", 0)] },
    want: [],
  },
])("old ReplicaSets: $name", ({ input, want }) => {
  expect(oldReplicaSetResizes(input)).toEqual(want);
});

test("a rollout of 3 goes in the steps that kubectl shows", () => {
  const steps: string[] = [];
  let [old, fresh] = [3, 0];
  for (let round = 0; round < 20 && (old > 0 || fresh < 3); round++) {
    const input = {
      replicas: 3,
      ...limits(1, 0),
      newReplicaSet: size("new", fresh),
      oldReplicaSets: [size("old", old)],
    };
    const grown = newReplicaSetReplicas(input);
    if (grown !== fresh) {
      steps.push(`new ${fresh}→${grown}`);
      fresh = grown;
      continue;
    }
    for (const { to } of oldReplicaSetResizes(input)) {
      steps.push(`old ${old}→${to}`);
      old = to;
    }
  }
  expect(steps).toEqual(["new 0→1", "old 3→2", "new 1→2", "old 2→1", "new 2→3", "old 1→0"]);
});
