import type { Clock } from "../../../component-base/clock.ts";
import type { Logger } from "../../../component-base/logger.ts";
import { StorageError } from "../storage.ts";
import type { EtcdKv } from "./kv.ts";

const KEY = "compact_rev_key";
const TIMEOUT_MS = 10_000;

/**
 * Compacts etcd once per interval, however many gateways run this loop: they race for one key, and only the winner
 * compacts, to where the store was one interval ago.
 * @see https://github.com/kubernetes/apiserver/blob/v0.34.0/pkg/storage/etcd3/compact.go
 */
export async function runCompactor(
  deps: { kv: EtcdKv; clock: Clock; log: Logger },
  options: { intervalMs: number; signal: AbortSignal },
): Promise<void> {
  const { kv, clock, log } = deps;
  const { signal } = options;
  let version = 0n;
  let revision = 0n;
  while (!signal.aborted) {
    try {
      await clock.sleep(options.intervalMs, { signal });
      const compactTo = revision;
      const answer = await kv.txn(
        {
          key: KEY,
          compare: { target: "version", equals: version },
          success: { put: { key: KEY, value: Buffer.from(revision.toString()) } },
          elseGet: true,
        },
        { timeoutMs: TIMEOUT_MS, signal },
      );
      version = answer.succeeded ? version + 1n : (answer.current?.version ?? 0n);
      revision = answer.revision;
      if (!answer.succeeded || compactTo === 0n) continue;
      await kv.compact(compactTo, { timeoutMs: TIMEOUT_MS, signal });
      log.debug({ revision: compactTo.toString() }, "etcd compacted");
    } catch (err) {
      if (signal.aborted) return;
      if (err instanceof StorageError && err.code === "Expired") continue;
      log.warn({ err }, "etcd was not compacted; the next round will try again");
    }
  }
}
