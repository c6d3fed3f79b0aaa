import type { Clock } from "../../../component-base/clock.ts";
import type { Logger } from "../../../component-base/logger.ts";
import { StorageError } from "../storage.ts";
import { toStorageError } from "./grpc-errors.ts";
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
      const turn = await takeTurn(kv, { version, revision }, signal);
      version = turn.version;
      revision = turn.revision;
      if (!turn.mine || compactTo === 0n) continue;
      await kv.compact(compactTo, { timeoutMs: TIMEOUT_MS, signal });
      log.debug({ revision: compactTo.toString() }, "etcd compacted");
    } catch (err) {
      if (signal.aborted) return;
      if (err instanceof StorageError && err.code === "Expired") continue;
      log.warn({ err }, "etcd was not compacted; the next round will try again");
    }
  }
}

interface Turn {
  /** How often the key has been written. */
  readonly version: bigint;
  /** Where the store is. */
  readonly revision: bigint;
}

async function takeTurn(kv: EtcdKv, last: Turn, signal: AbortSignal): Promise<Turn & { readonly mine: boolean }> {
  const call = { timeoutMs: TIMEOUT_MS, signal };
  try {
    const answer = await kv.txn(
      {
        key: KEY,
        compare: { target: "version", equals: last.version },
        success: { put: { key: KEY, value: Buffer.from(last.revision.toString()) } },
        elseGet: true,
      },
      call,
    );
    const version = answer.succeeded ? last.version + 1n : (answer.current?.version ?? 0n);
    return { mine: answer.succeeded, version, revision: answer.revision };
  } catch (error) {
    if (toStorageError(error, KEY).code !== "NoSpace") throw error;
    // No room even for the key: every gateway compacts then, which is what helps, and all but the first find it done.
    const { revision } = await kv.range({ key: KEY, countOnly: true }, call);
    return { mine: true, version: last.version, revision };
  }
}
