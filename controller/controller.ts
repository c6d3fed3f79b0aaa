import type { Kind } from "../api/kind.ts";
import type { ApiObject } from "../api/meta.ts";
import type { Informer, InformerOptions } from "../client/informer.ts";
import type { RestClient } from "../client/rest-client.ts";
import type { Clock } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
import type { ControllerConfig } from "./config.ts";
import type { EventSink } from "./event-sink.ts";

/** What every controller is built from. */
export interface ControllerContext {
  readonly client: RestClient;
  /** The process's one informer for these options. */
  informer<T extends ApiObject>(options: InformerOptions<T>): Informer<T>;
  /** An informer that may know only the metadata of its objects. */
  metadataInformer(kind: Kind): Informer<ApiObject>;
  readonly recorder: EventSink;
  readonly clock: Clock;
  readonly log: Logger;
  readonly config: ControllerConfig;
}

/** Runs until the signal is aborted; starts once the informers it asked for have synced. */
export interface Controller {
  run(options: { signal: AbortSignal }): Promise<void>;
}

/** One row of the table of controllers. */
export interface ControllerRow {
  /** As `--controllers` names it, e.g. `deployment-controller`. */
  readonly name: string;
  /** Other names that `--controllers` accepts, e.g. `deployment`. */
  readonly aliases: readonly string[];
  /** How its events are signed. Default: the name. */
  readonly eventSource?: string;
  /** What it does, in a few words. */
  readonly summary: string;
  /** Asks the context for its informers and adds its handlers; does nothing else before `run`. */
  readonly build: (context: ControllerContext) => Controller;
}
