import { setMaxListeners } from "node:events";
import { readFile } from "node:fs/promises";
import type { Kind } from "../api/kind.ts";
import type { ApiObject } from "../api/meta.ts";
import { referenceTo } from "../api/object-reference.ts";
import { createCoreEventRecorders } from "../client/core-event-recorder.ts";
import { createRestClient } from "../client/create-rest-client.ts";
import { createElection } from "../client/election.ts";
import type { InformerOptions } from "../client/informer.ts";
import { createInformerFactory } from "../client/informer-factory.ts";
import { loadKubeconfig } from "../client/kubeconfig.ts";
import type { RestClient } from "../client/rest-client.ts";
import { createTransport } from "../client/transport.ts";
import type { Clock } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
import type { Running } from "../component-base/running.ts";
import { type ControllerConfig, type ControllerProcessConfig, defaultControllerConfig } from "./config.ts";
import type { ControllerContext, ControllerRow } from "./controller.ts";
import { controllers } from "./controllers.ts";
import { metadataInformers } from "./metadata-informers.ts";
import { selectedControllers } from "./selected-controllers.ts";

export interface ControllerDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

const userAgent = "kube-controller-manager/gatehouse";
/** Calls in flight at once. */
const connections = 64;

/**
 * Starts the controllers that `config.controllers` names; settings that are absent have their flags' defaults. Resolves
 * when they run, or, with leader election, when this process has begun to try for the lease.
 * @throws Error when the kubeconfig cannot be read or a controller is unknown
 */
export async function startController(
  config: Partial<ControllerProcessConfig> & Pick<ControllerProcessConfig, "kubeconfig">,
  deps: ControllerDeps,
): Promise<Running> {
  const full = { ...defaultControllerConfig(), ...config };
  const rows = selectedControllers(controllers, full.controllers);
  const server = loadKubeconfig(full.kubeconfig);
  const rootCa = full.rootCaFile === undefined ? (server.ca ?? "") : await readFile(full.rootCaFile, "utf8");
  const transport = createTransport(server, { connections });
  const lease = "kube-controller-manager";
  const election = createElection({ lease, eventSource: lease, server: { ...server, userAgent }, config: full }, deps);
  const clientDeps = { ...deps, transport, ...election.fence };
  const client = createRestClient({ ...server, userAgent }, clientDeps);
  const metadataClient = createRestClient({ ...server, userAgent, metadataOnly: true }, clientDeps);
  const stop = new AbortController();
  const { signal } = stop;
  let onRunning = (): void => undefined;
  const running = new Promise<void>((resolve) => {
    onRunning = resolve;
  });
  const lead = (options: { signal: AbortSignal }) =>
    runControllers({ rows, client, metadataClient, config: { ...full, rootCa }, deps, onRunning, ...options });

  const done = election
    .run({ signal, lead })
    .catch((error: unknown) => {
      if (!signal.aborted) throw error;
    })
    .finally(() => transport.close());
  // Whoever waits for `done` learns of a failure; that nobody does yet must not end the process.
  done.catch(() => undefined);
  if (!full.leaderElect) await Promise.race([running, done]);
  return {
    done,
    async stop() {
      stop.abort(new Error("the controllers are being stopped"));
      await done;
    },
  };
}

interface RunOptions {
  readonly rows: readonly ControllerRow[];
  readonly client: RestClient;
  readonly metadataClient: RestClient;
  readonly config: ControllerConfig;
  readonly deps: ControllerDeps;
  readonly onRunning: () => void;
  readonly signal: AbortSignal;
}

/** Builds the controllers, fills their caches, then runs them until the signal is aborted. */
async function runControllers(options: RunOptions): Promise<void> {
  const { rows, client, config, deps, signal } = options;
  const { clock, log } = deps;
  // Every controller, informer and queue listens to the one signal.
  setMaxListeners(0, signal);
  const informers = createInformerFactory({ client, ...deps });
  const watched = new Set<Kind>();
  const metadata = metadataInformers(
    { informers, metadataClient: options.metadataClient, clock, log },
    { isWatched: (kind) => watched.has(kind) },
  );
  const recorders = createCoreEventRecorders({ client, ...deps });

  const built = rows.map((row) => {
    const source = { component: row.eventSource ?? row.name };
    const context: ControllerContext = {
      client,
      informer<T extends ApiObject>(informerOptions: InformerOptions<T>) {
        watched.add(informerOptions.kind);
        return informers.informer(informerOptions);
      },
      metadataInformer: metadata.informer,
      recorder: { event: (kind, object, content) => recorders.event(source, referenceTo(kind, object), content) },
      clock,
      log: log.child({ controller: row.name }),
      config,
    };
    return row.build(context);
  });

  const background = [informers.run({ signal }), metadata.run({ signal }), recorders.run({ signal })];
  await informers.whenSynced({ signal });
  options.onRunning();
  await Promise.all([...built.map((controller) => controller.run({ signal })), ...background]);
}
