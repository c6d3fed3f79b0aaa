import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { Kind } from "../api/kind.ts";
import { allKinds } from "../api/kinds.ts";
import { SchemaModel } from "../api/schema/schema-model.ts";
import type { Clock } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
import type { Running } from "../component-base/running.ts";
import { createAdmission } from "./admission/admission.ts";
import { defaultPlugins } from "./admission/plugins.ts";
import { createAuthenticator } from "./auth/authenticator.ts";
import { createAuthorizer } from "./auth/authorizer.ts";
import { applyBootstrapPolicy } from "./auth/bootstrap/apply.ts";
import { createBoundObjects } from "./auth/bound-objects.ts";
import { Rbac } from "./auth/rbac.ts";
import { createEscalationCheck, createReviewBackend } from "./auth/reviews.ts";
import { ServiceAccountTokens } from "./auth/service-account-tokens.ts";
import { ownContext } from "./bootstrap/context.ts";
import { createSystemNamespaces, createSystemObjects } from "./bootstrap/system-objects.ts";
import type { ApiserverConfig } from "./config.ts";
import { createPipeline } from "./http/create-pipeline.ts";
import { EtcdRequestMetrics } from "./http/etcd-request-metrics.ts";
import { createKubeletClient } from "./kubelet-client.ts";
import { Recorder } from "./recorder/recorder.ts";
import { createRegistry } from "./registry/create-registry.ts";
import { createFieldManager } from "./registry/managed-fields/schema-field-manager.ts";
import { systemRandom } from "./registry/random.ts";
import { SchemaChecker } from "./registry/validate-schema.ts";
import { startRepair } from "./repair/start-repair.ts";
import { startServer } from "./server.ts";
import { firstServiceIp } from "./service-range.ts";
import { openStorage, type StorageConfig } from "./storage/open.ts";
import type { Storage } from "./storage/storage.ts";

const serviceNodePortRange = { first: 30_000, last: 32_767 };

export interface RunningApiserver extends Running {
  readonly port: number;
  /** `https://127.0.0.1:6443` */
  readonly url: string;
}

/**
 * Starts the gateway: loads etcd into memory, writes what every cluster begins with, opens the port.
 * @throws StorageError `Unavailable` when etcd does not answer; Error when the port is taken. Nothing is left running then.
 */
export async function startApiserver(
  config: ApiserverConfig,
  deps: { clock: Clock; log: Logger },
): Promise<RunningApiserver> {
  const { log } = deps;
  /** How to end what has been started, first started first. */
  const endings: (() => Promise<void> | void)[] = [];
  const end = async () => {
    for (const ending of endings.reverse()) await ending();
  };
  const starting = new AbortController();
  // Everything that is written at first is written at once.
  setMaxListeners(0, starting.signal);
  try {
    const recorder = new Recorder({ ...deps, expires: expiresIn(config.etcd.prefix) });
    const requestObserver = new EtcdRequestMetrics({ kinds: allKinds, etcdPrefix: config.etcd.prefix });
    const storage = await openStorage(storageConfig(config), { ...deps, observer: recorder, requestObserver });
    endings.push(() => storage.stop());
    const { registry, ...identity } = wire(config, { ...deps, storage, endings });
    const state = { started: false, shuttingDown: false, address: "" };
    const observers = { recorder, etcdRequests: requestObserver };
    const pipeline = createPipeline(config, { ...deps, storage, registry, ...observers, state, ...identity });
    const bootstrap = {
      ...deps,
      registry,
      storage,
      cached: storage.cached,
      etcdPrefix: config.etcd.prefix,
      random: systemRandom,
      context: (namespace: string) => ownContext(namespace, { signal: starting.signal, requestId: randomUUID() }),
    };
    await createSystemNamespaces(bootstrap);
    await applyBootstrapPolicy(bootstrap);
    const server = await startServer(
      { bindAddress: config.bindAddress, port: config.port, clientCa: config.clientCa, ...config.serving },
      { handler: pipeline, ...deps },
    );
    endings.push(() => server.stop());
    state.address = `${config.bindAddress}:${server.port}`;
    const advertise = { address: config.bindAddress, port: config.advertisePort ?? server.port };
    const serviceIp = firstServiceIp(config.serviceClusterIpRange);
    await createSystemObjects({ clientCa: config.clientCa, advertise, serviceIp }, bootstrap);
    const repair = startRepair({ ...config, serviceNodePortRange }, bootstrap);
    endings.push(() => repair.stop());
    state.started = true;
    log.info({ port: server.port }, "serving");

    let stopping: Promise<void> | undefined;
    const stopOnce = (outcome: () => void) => {
      state.shuttingDown = true;
      stopping ??= end().then(outcome);
      return stopping;
    };
    let stopped: () => void = () => undefined;
    const done = new Promise<void>((resolve, reject) => {
      stopped = resolve;
      storage.lost.catch((error: unknown) => stopOnce(() => reject(error)));
    });
    done.catch(() => undefined);
    return { port: server.port, url: `https://${state.address}`, done, stop: () => stopOnce(stopped) };
  } catch (error) {
    starting.abort(error);
    await end();
    throw error;
  }
}

function storageConfig({ etcd }: ApiserverConfig): StorageConfig {
  const { servers, prefix, compactionIntervalMs, tls } = etcd;
  return {
    endpoints: servers,
    prefix,
    compactionIntervalMs,
    ...(tls !== undefined && {
      tls: { ca: Buffer.from(tls.ca), cert: Buffer.from(tls.certificate), key: Buffer.from(tls.privateKey) },
    }),
  };
}

/** The registry, and who is who and may do what. Starts nothing that waits; what must be ended is added to `endings`. */
function wire(
  config: ApiserverConfig,
  deps: { clock: Clock; log: Logger; storage: Storage; endings: (() => Promise<void> | void)[] },
) {
  const { clock, log, storage, endings } = deps;
  const etcdPrefix = config.etcd.prefix;
  const rbac = new Rbac({ cached: storage.cached, etcdPrefix });
  endings.push(() => rbac.close());
  const authorizer = createAuthorizer(rbac);
  const objects = createBoundObjects({ storage, etcdPrefix, clock });
  const tokens = new ServiceAccountTokens({ ...config.serviceAccounts, objects, clock });
  const kubelets = config.kubelets === undefined ? undefined : createKubeletClient(config.kubelets);
  endings.push(() => kubelets?.close());
  const schemaModel = new SchemaModel();
  const registry = createRegistry({
    kinds: kindsWithTtl(config.eventTtlSeconds),
    storage,
    etcdPrefix,
    clock,
    log,
    random: systemRandom,
    admission: createAdmission(defaultPlugins({ storage, etcdPrefix, random: systemRandom })),
    schema: new SchemaChecker(schemaModel),
    schemaModel,
    fieldManager: createFieldManager({ model: schemaModel, clock }),
    reviews: createReviewBackend({ authorizer, rbac, tokens }),
    escalation: createEscalationCheck({ authorizer, rbac }),
    tokens,
    ...(kubelets !== undefined && { kubelets }),
    serviceClusterIpRange: config.serviceClusterIpRange,
    serviceNodePortRange,
  });
  return { registry, tokens, schemaModel, authorizer, authenticator: createAuthenticator({ tokens, clock }) };
}

/** Tells the keys of objects that live only for a time. */
function expiresIn(etcdPrefix: string): (storageKey: string) => boolean {
  const prefixes = allKinds.flatMap(({ storage, ttlSeconds }) =>
    storage === null || ttlSeconds === undefined ? [] : [`${etcdPrefix}/${storage.prefix}/`],
  );
  return (storageKey) => prefixes.some((prefix) => storageKey.startsWith(prefix));
}

/** The kinds, with the configured time to live for those that do not live for ever. */
function kindsWithTtl(ttlSeconds: number): readonly Kind[] {
  return allKinds.map((kind) =>
    kind.ttlSeconds === undefined || kind.ttlSeconds === ttlSeconds ? kind : Object.freeze({ ...kind, ttlSeconds }),
  );
}
