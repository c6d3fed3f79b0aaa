import { loadKubeconfig } from "../client/kubeconfig.ts";
import { RawConnection } from "./raw-connection.ts";
import type { Target } from "./target.ts";

/** Latencies of one run, and what it cost. */
export interface LoadResult {
  readonly operations: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU of the server per operation; undefined where it cannot be read. */
  readonly cpuMicros: number | undefined;
}

/** One request of a load. */
export interface LoadRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
}

/**
 * Sends `operations` requests over `inFlight` connections, one at a time on each, and measures every one. Any answer but a
 * 2xx ends it.
 */
export async function load(
  target: Target,
  options: { operations: number; inFlight: number; request: (index: number) => LoadRequest },
): Promise<LoadResult> {
  const { operations, inFlight, request } = options;
  const config = loadKubeconfig(target.kubeconfig);
  const connections: RawConnection[] = [];
  while (connections.length < Math.min(inFlight, operations)) connections.push(await RawConnection.open(config));
  const latencies = new Float64Array(operations);
  let next = 0;
  const worker = async (connection: RawConnection) => {
    while (next < operations) {
      const index = next++;
      const { method, path, ...body } = request(index);
      const startMs = performance.now();
      const answer = await connection.request(method, path, body);
      latencies[index] = performance.now() - startMs;
      if (answer.statusCode >= 300) {
        throw new Error(`${method} ${path}: ${answer.statusCode} ${answer.body.toString("utf8", 0, 300)}`);
      }
    }
  };
  const cpuBefore = target.cpu.microseconds();
  const startMs = performance.now();
  await Promise.all(connections.map(worker));
  const durationMs = performance.now() - startMs;
  const cpuAfter = target.cpu.microseconds();
  for (const connection of connections) connection.close();
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
