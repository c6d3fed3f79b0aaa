/** How far a slow start got; whatever was not attempted is `count - attempted`. */
export interface SlowStartOutcome {
  readonly attempted: number;
  readonly succeeded: number;
  /** The first failure, if any. */
  readonly error: unknown;
}

/**
 * Does `count` like things in batches of 1, 2, 4, 8 …, and stops after the first batch in which one failed: a quota that
 * refuses the first is not asked a thousand times.
 * @see k8s.io/kubernetes v1.36.0 pkg/controller/replicaset/replica_set.go
 */
export async function slowStart(count: number, act: (index: number) => Promise<unknown>): Promise<SlowStartOutcome> {
  let attempted = 0;
  let succeeded = 0;
  for (let batch = 1; attempted < count; batch *= 2) {
    const size = Math.min(batch, count - attempted);
    const first = attempted;
    const results = await Promise.allSettled(Array.from({ length: size }, (_, offset) => act(first + offset)));
    attempted += size;
    succeeded += results.filter((result) => result.status === "fulfilled").length;
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) return { attempted, succeeded, error: failed.reason };
  }
  return { attempted, succeeded, error: undefined };
}
