import { createServer } from "node:net";
import type { Clock } from "../../component-base/clock.ts";
import { Backend, type BackendAddress, type BackendState } from "./balancer-backend.ts";
import type { Readiness } from "./readyz-probe.ts";

export interface BalancerOptions {
  readonly bindAddress: string;
  /** 0: a free one. */
  readonly port: number;
  readonly backends: readonly BackendAddress[];
  /** PEM of the cluster's authority, for asking `/readyz`. */
  readonly ca: string;
  /** How often every gateway is asked whether it is ready, and how long it may take to answer; default 1 s. */
  readonly intervalMs?: number;
}

export interface Balancer {
  readonly port: number;
  backends(): readonly BackendState[];
  /** Those that go keep the connections they have, but get no new ones. */
  setBackends(backends: readonly BackendAddress[]): void;
  /** Breaks all connections. Idempotent. */
  stop(): Promise<void>;
}

export interface BalancerDeps {
  readonly clock: Clock;
  /** Tells the user: one line. */
  readonly say: (line: string) => void;
}

/** Connections at a time; further ones are refused. */
const maxConnections = 16_384;

/**
 * One address for several gateways. TLS passes through untouched; a new connection goes to the gateway with the fewest among
 * those that are ready, and to the next one when it is refused. Gateways that are not ready are asked all the same when none
 * is: without a majority of etcd none is, and yet reads from the cache and watches go on. When one is not ready for some
 * seconds and others are, its clients are sent to them.
 * @throws when the port is taken
 */
export async function startBalancer(options: BalancerOptions, deps: BalancerDeps): Promise<Balancer> {
  const intervalMs = options.intervalMs ?? 1_000;
  const make = (address: BackendAddress) => new Backend(address, { ca: options.ca, intervalMs, ...deps, othersReady });
  let backends = options.backends.map(make);
  const leaving = new Set<Backend>();
  function othersReady(backend: Backend): boolean {
    return backends.some((other) => other !== backend && other.readiness === "ready");
  }

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (caller) => {
    // Nothing was read from the caller yet, so another gateway can be tried. Who is gone is noticed when there is a link.
    caller.on("error", () => undefined);
    const tryNext = (tried: readonly Backend[]) => {
      const backend = choose(backends.filter((candidate) => !tried.includes(candidate)));
      if (backend === undefined || caller.destroyed) caller.resetAndDestroy();
      else backend.take(caller, () => tryNext([...tried, backend]));
    };
    tryNext([]);
  });
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: options.bindAddress, port: options.port }, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a listening server has no port");
  for (const backend of backends) backend.join();

  let stopped: Promise<void> | undefined;
  return {
    port: address.port,
    backends: () => backends.map(({ address, readiness, connections }) => ({ ...address, readiness, connections })),
    setBackends(next) {
      const same = (a: BackendAddress, b: BackendAddress) =>
        a.name === b.name && a.host === b.host && a.port === b.port;
      const before = backends;
      backends = next.map((wanted) => before.find((backend) => same(backend.address, wanted)) ?? make(wanted));
      for (const backend of backends) if (!before.includes(backend)) backend.join();
      for (const backend of before) {
        if (backends.includes(backend)) continue;
        backend.retire();
        leaving.add(backend);
      }
      for (const backend of leaving) if (backend.connections === 0) leaving.delete(backend);
    },
    stop() {
      stopped ??= new Promise((resolve) => {
        server.close(() => resolve());
        for (const backend of [...backends, ...leaving]) {
          backend.retire();
          backend.cut();
        }
      });
      return stopped;
    },
  };
}

const preference: readonly Readiness[] = ["ready", "not-ready", "silent", "refused"];

/** The one with the fewest connections among the best there are. */
function choose(backends: readonly Backend[]): Backend | undefined {
  let best: Backend | undefined;
  for (const backend of backends) {
    if (best === undefined) best = backend;
    const differences = [
      preference.indexOf(backend.readiness) - preference.indexOf(best.readiness),
      backend.connections - best.connections,
      // Callers that come one after the other take turns.
      backend.taken - best.taken,
    ];
    if ((differences.find((difference) => difference !== 0) ?? 0) < 0) best = backend;
  }
  return best;
}
