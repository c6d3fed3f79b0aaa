import type { PodInfo } from "./pod-info.ts";

/** A Pod that waits for a node, with what earlier attempts have left. Times are the monotonic clock's. */
export interface QueuedPod {
  info: PodInfo;
  /** Attempts begun. */
  attempts: number;
  /** Failures in a row that were no verdict on the Pod: the API server said no, or nothing. */
  consecutiveErrors: number;
  /** When it joined the queue this time. */
  queuedAtMs: number;
  /** Order of first appearance, for those that joined at the same instant. */
  readonly sequence: number;
  /** When it was first seen. */
  firstSeenMs: number;
  /** End of the back-off. */
  backoffUntilMs: number;
  /** Plugins that turned it down in the last attempt. */
  unschedulablePlugins: ReadonlySet<string>;
  /** Why PreEnqueue keeps it out. */
  gatedBy: string | undefined;
}
