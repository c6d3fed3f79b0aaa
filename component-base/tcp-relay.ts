import { connect, createServer } from "node:net";
import { type LinkFault, pass } from "./link-fault.ts";
import type { LaneDeps } from "./tcp-lane.ts";
import { TcpLink } from "./tcp-link.ts";

/** Where a relay passes bytes to. */
export interface RelayTarget {
  readonly host: string;
  readonly port: number;
}

export interface TcpRelayOptions {
  /** Address to listen on, default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  readonly target: RelayTarget;
  /** Default: pass. */
  readonly fault?: LinkFault;
}

/** A port in front of another one. */
export interface TcpRelay {
  readonly port: number;
  /** Holds for the connections there are and for new ones. */
  setFault(fault: LinkFault): void;
  /** Holds for the connections there are, and not for new ones. */
  setFaultOfOpen(fault: LinkFault): void;
  /** Breaks all connections if it is another one. Undefined: nobody is there, and new ones are refused. */
  setTarget(target: RelayTarget | undefined): void;
  /** Connections that are open. */
  readonly connections: number;
  /** Breaks all connections. Idempotent. */
  stop(): Promise<void>;
}

/** Connections at a time; further ones are refused. */
const maxConnections = 4096;

/**
 * Passes bytes both ways between callers and one target, TLS untouched, and does to them what the fault says.
 * @throws when the port is taken
 */
export async function startTcpRelay(options: TcpRelayOptions, deps: LaneDeps): Promise<TcpRelay> {
  let fault = options.fault ?? pass;
  let target: RelayTarget | undefined = options.target;
  const links = new Set<TcpLink>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (caller) => {
    if (fault.kind === "refuse" || target === undefined) {
      caller.resetAndDestroy();
      return;
    }
    const upstream = connect({ ...target, allowHalfOpen: true });
    const link = new TcpLink(caller, upstream, { fault, ...deps, onClosed: () => links.delete(link) });
    links.add(link);
  });
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: options.host ?? "127.0.0.1", port: options.port ?? 0 }, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a listening server has no port");
  const setFaultOfOpen = (next: LinkFault) => {
    for (const link of links) link.setFault(next);
  };
  let stopped: Promise<void> | undefined;
  return {
    port: address.port,
    setFault(next) {
      fault = next;
      setFaultOfOpen(next);
    },
    setFaultOfOpen,
    setTarget(next) {
      if (next?.host === target?.host && next?.port === target?.port) return;
      target = next;
      setFaultOfOpen({ kind: "refuse" });
    },
    get connections() {
      return links.size;
    },
    stop() {
      stopped ??= new Promise((resolve) => {
        server.close(() => resolve());
        for (const link of links) link.destroy();
      });
      return stopped;
    },
  };
}
