export interface SlowStartOutcome {
  /** What was not attempted is `count - attempted`. */
  readonly attempted: number;
  /** The first failure of the batch that stopped it; `undefined` when all went well. */
  readonly error: unknown;
}

/**
 * Calls `act` up to `count` times in parallel batches of 1, 2, 4, …; a batch with a failure is the last one, so that
 * what must fail (a quota, a webhook) fails once instead of `count` times.
 * @see kubernetes v1.36.0 pkg/controller/replicaset/replica_set.go (slowStartBatch)
 */
export async function slowStart(count: number, act: () => Promise<unknown>): Promise<SlowStartOutcome> {
  let attempted = 0;
  for (let batch = 1; attempted < count; batch *= 2) {
    const size = Math.min(batch, count - attempted);
    const results = await Promise.allSettled(Array.from({ length: size }, act));
    attempted += size;
    const failure = results.find((result) => result.status === "rejected");
    if (failure !== undefined) return { attempted, error: failure.reason };
  }
  return { attempted, error: undefined };
}
