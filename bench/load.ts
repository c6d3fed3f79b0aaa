/** Latencies of one run, and what it cost. */
export interface LoadResult {
  readonly operations: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU of the server per operation; undefined where it cannot be read. */
  readonly cpuMicros: number | undefined;
}

/**
 * Runs `operations` calls, `inFlight` at a time, and measures each. The first failure ends it.
 * @param cpuMicroseconds - reads the server's CPU time so far, before and after
 */
export async function load(options: {
  operations: number;
  inFlight: number;
  call: (index: number) => Promise<unknown>;
  cpuMicroseconds: () => number | undefined;
}): Promise<LoadResult> {
  const { operations, inFlight, call, cpuMicroseconds } = options;
  const latencies = new Float64Array(operations);
  let next = 0;
  const worker = async () => {
    while (next < operations) {
      const index = next++;
      const startMs = performance.now();
      await call(index);
      latencies[index] = performance.now() - startMs;
    }
  };
  const cpuBefore = cpuMicroseconds();
  const startMs = performance.now();
  await Promise.all(Array.from({ length: Math.min(inFlight, operations) }, worker));
  const durationMs = performance.now() - startMs;
  const cpuAfter = cpuMicroseconds();
  latencies.sort();
  return {
    operations,
    perSecond: (operations / durationMs) * 1000,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    cpuMicros: cpuBefore === undefined || cpuAfter === undefined ? undefined : (cpuAfter - cpuBefore) / operations,
  };
}

/** @param sorted - ascending */
export function percentile(sorted: ArrayLike<number>, fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}
