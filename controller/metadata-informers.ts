import type { Kind } from "../api/kind.ts";
import type { ApiObject } from "../api/meta.ts";
import type { Informer } from "../client/informer.ts";
import { createInformerFactory, type InformerFactory } from "../client/informer-factory.ts";
import type { RestClient } from "../client/rest-client.ts";
import type { Clock } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";

export interface MetadataInformersDeps {
  /** Whole objects: used for a kind that somebody in the process watches anyway. */
  readonly informers: InformerFactory;
  /** Answers with metadata only. */
  readonly metadataClient: RestClient;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface MetadataInformers {
  informer(kind: Kind): Informer<ApiObject>;
  run(options: { signal: AbortSignal }): Promise<void>;
}

/**
 * Informers for those who look at metadata alone. A kind that the process watches whole is not watched a second time;
 * `isWatched` tells which these are.
 */
export function metadataInformers(
  deps: MetadataInformersDeps,
  options: { readonly isWatched: (kind: Kind) => boolean },
): MetadataInformers {
  const { informers, metadataClient, clock, log } = deps;
  const metadata = createInformerFactory({ client: metadataClient, clock, log });
  return {
    informer: (kind) => (options.isWatched(kind) ? informers : metadata).informer({ kind }),
    run: (runOptions) => metadata.run(runOptions),
  };
}
