import { expect, test } from "vitest";
import { proportionalSizes } from "./proportional-scaling.ts";

const replicaSet = (name: string, replicas: number, createdMs = 0, maxReplicasBefore: number | undefined = 13) => ({
  name,
  replicas,
  createdMs,
  maxReplicasBefore,
});

test.each([
  {
    name: "10 to 15 in the middle of a rollout",
    input: {
      replicas: 15,
      maxSurge: 3,
      statusReplicas: 13,
      replicaSets: [replicaSet("new", 5, 2), replicaSet("old", 8, 1)],
    },
    want: { old: 11, new: 7 },
  },
  {
    name: "down, and the largest takes the rest",
    input: {
      replicas: 5,
      maxSurge: 3,
      statusReplicas: 13,
      replicaSets: [replicaSet("new", 5, 2), replicaSet("old", 8, 1)],
    },
    want: { old: 5, new: 3 },
  },
  {
    name: "to nothing",
    input: {
      replicas: 0,
      maxSurge: 3,
      statusReplicas: 13,
      replicaSets: [replicaSet("new", 5, 2), replicaSet("old", 8, 1)],
    },
    want: { old: 0, new: 0 },
  },
  {
    name: "without annotation the status says what was allowed",
    input: {
      replicas: 20,
      maxSurge: 0,
      statusReplicas: 10,
      replicaSets: [replicaSet("new", 5, 2, 0), replicaSet("old", 5, 1, 0)],
    },
    want: { old: 10, new: 10 },
  },
  {
    name: "of equals the newest grows first",
    input: {
      replicas: 11,
      maxSurge: 0,
      statusReplicas: 10,
      replicaSets: [replicaSet("old", 5, 1, 10), replicaSet("new", 5, 2, 10)],
    },
    want: { old: 5, new: 6 },
  },
])("$name", ({ input, want }) => {
  const sizes = proportionalSizes(input);
  expect(Object.fromEntries(sizes.map(({ name, to }) => [name, to]))).toEqual(want);
});
