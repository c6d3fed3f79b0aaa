import { type Reconcile, runWorkers } from "../client/workers.ts";
import { createWorkQueue, type WorkQueue } from "../client/workqueue.ts";
import type { Controller, ControllerContext } from "./controller.ts";

export interface QueueControllerOptions {
  readonly workers: number;
  /** Retries after which a key is dropped until its next event. Default: never. */
  readonly maxRetries?: number;
  readonly reconcile: Reconcile<string>;
}

/**
 * The shape of most controllers: events put keys into a queue, workers bring what a key names nearer to what it should
 * be. A key that keeps failing waits at most five minutes, so that an outage does not outlive its end by much.
 */
export function queueController(
  context: Pick<ControllerContext, "clock" | "log">,
  options: QueueControllerOptions,
): { queue: WorkQueue<string>; controller: Controller } {
  const queue = createWorkQueue<string>({ clock: context.clock }, { maxDelayMs: 300_000 });
  const { workers, maxRetries, reconcile } = options;
  const { log } = context;
  return {
    queue,
    controller: {
      run: ({ signal }) =>
        runWorkers({ queue, workers, reconcile, signal, log, ...(maxRetries !== undefined && { maxRetries }) }),
    },
  };
}
