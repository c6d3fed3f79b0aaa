import { StatusError } from "../api/status.ts";
import type { Logger } from "../component-base/logger.ts";
import type { Result, WorkerQueue } from "./workqueue.ts";

/** Thrown by a reconciler when trying again cannot help before something changes: reported, not retried. */
export class TerminalError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "TerminalError";
  }
}

export type Reconcile<K> = (key: K, options: { signal: AbortSignal }) => Promise<Result>;

export interface WorkersOptions<K> {
  readonly queue: WorkerQueue<K>;
  /** How many keys are worked on at once. */
  readonly workers: number;
  readonly reconcile: Reconcile<K>;
  /** Retries after which a key is dropped until its next event. Default: never. */
  readonly maxRetries?: number;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/**
 * Works the queue until the signal is aborted; resolves when the runs in progress have ended. A reconciler that throws is
 * run again after its key's back-off. A lost optimistic-lock race (409) is normal traffic and logged as such.
 */
export async function runWorkers<K>(options: WorkersOptions<K>): Promise<void> {
  const { queue, signal } = options;
  const shutDown = () => queue.shutDown();
  if (signal.aborted) shutDown();
  signal.addEventListener("abort", shutDown, { once: true });
  await Promise.all(Array.from({ length: options.workers }, () => work(options)));
  signal.removeEventListener("abort", shutDown);
}

async function work<K>(options: WorkersOptions<K>): Promise<void> {
  const { queue, signal } = options;
  for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
    if (signal.aborted) return;
    try {
      await runOnce(key, options);
    } finally {
      queue.done(key);
    }
  }
}

async function runOnce<K>(key: K, options: WorkersOptions<K>): Promise<void> {
  const { queue, reconcile, signal, log, maxRetries } = options;
  try {
    const result = await reconcile(key, { signal });
    queue.forget(key);
    if (result.kind === "requeueAfter") queue.addAfter(key, result.delayMs);
  } catch (err) {
    if (signal.aborted) return;
    const fields = { key: String(key), err };
    if (err instanceof TerminalError) {
      log.error(fields, "reconciling failed for good");
      queue.forget(key);
    } else if (maxRetries !== undefined && queue.failures(key) >= maxRetries) {
      log.error(fields, "reconciling keeps failing; dropped until the next change");
      queue.forget(key);
    } else {
      if (err instanceof StatusError && err.code === 409) log.debug(fields, "lost a race; trying again");
      else log.warn(fields, "reconciling failed; trying again");
      queue.addRateLimited(key);
    }
  }
}
