import type { Clock } from "../../../component-base/clock.ts";
import type { Logger } from "../../../component-base/logger.ts";
import type { ResourceStore } from "../../registry/store.ts";
import type { Decoder } from "../decode.ts";
import type { SharedChunks } from "../encode/watch-events.ts";
import type { Exchange } from "../exchange.ts";
import type { Metrics } from "../metrics.ts";
import type { Observer } from "../observer.ts";

/** What the handlers of resource requests are given. */
export interface HandlerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly decoder: Decoder;
  readonly metrics: Metrics;
  readonly observer: Observer | undefined;
  readonly chunks: SharedChunks;
  /** A watch without `timeoutSeconds` lasts this long, and up to as long again. */
  readonly minWatchSeconds: number;
  /** In [0, 1): spreads the ends of watches. */
  readonly random: () => number;
}

/** Serves one verb on any kind; what it throws becomes the answer. */
export type Handler = (exchange: Exchange, store: ResourceStore, deps: HandlerDeps) => Promise<void>;
