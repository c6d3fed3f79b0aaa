import { createServer, type IncomingMessage } from "node:http";
import { connect, Socket } from "node:net";
import { type LinkFault, pass } from "../component-base/link-fault.ts";
import type { LaneDeps } from "../component-base/tcp-lane.ts";
import { TcpLink } from "../component-base/tcp-link.ts";

/** A proxy between members: it knows who calls whom. */
export interface PeerProxy {
  /** Tells a member to reach its peers through the proxy, under its own name. */
  environment(member: string): { readonly HTTPS_PROXY: string };
  /** Who listens on which port; a call to any other port is refused. */
  setMembers(members: readonly { readonly name: string; readonly peerPort: number }[]): void;
  /** Holds for the connections there are and for new ones. */
  setFault(from: string, to: string, fault: LinkFault): void;
  stop(): Promise<void>;
}

/** Connections at a time; members have some ten with each other. */
const maxConnections = 1024;

/**
 * An HTTP proxy for CONNECT on loopback. etcd's members know each other by the same URLs, so a port alone does not tell who
 * calls; but each member is given the proxy under its own name, which it repeats with every connection it asks for.
 */
export async function startPeerProxy(deps: LaneDeps): Promise<PeerProxy> {
  const faults = new Map<string, LinkFault>();
  const links = new Map<string, Set<TcpLink>>();
  let names = new Map<number, string>();

  const serve = (request: IncomingMessage, caller: Socket, head: Buffer) => {
    caller.on("error", () => undefined);
    const from = callerOf(request);
    const port = Number(request.url?.split(":").at(-1));
    const to = names.get(port);
    const pair = `${from} ${to}`;
    if (from === undefined || to === undefined || faults.get(pair)?.kind === "refuse") {
      caller.resetAndDestroy();
      return;
    }
    const target = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    const refuse = () => caller.resetAndDestroy();
    target.once("error", refuse);
    target.once("connect", () => {
      target.off("error", refuse);
      caller.write("HTTP/1.1 200 Connection established\r\n\r\n");
      if (head.length > 0) caller.unshift(head);
      const ofPair = links.get(pair) ?? new Set();
      links.set(pair, ofPair);
      const link = new TcpLink(caller, target, {
        fault: faults.get(pair) ?? pass,
        ...deps,
        onClosed: () => ofPair.delete(link),
      });
      ofPair.add(link);
    });
  };
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on("connect", (request, socket, head) => {
    if (socket instanceof Socket) serve(request, socket, head);
    else socket.destroy();
  });
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: 0 }, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a listening server has no port");
  const proxyPort = address.port;

  let stopped: Promise<void> | undefined;
  return {
    environment: (member) => ({ HTTPS_PROXY: `http://${encodeURIComponent(member)}:member@127.0.0.1:${proxyPort}` }),
    setMembers(members) {
      names = new Map(members.map(({ name, peerPort }) => [peerPort, name]));
    },
    setFault(from, to, fault) {
      const pair = `${from} ${to}`;
      faults.set(pair, fault);
      for (const link of links.get(pair) ?? []) link.setFault(fault);
    },
    stop() {
      stopped ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const ofPair of links.values()) for (const link of ofPair) link.destroy();
      });
      return stopped;
    },
  };
}

function callerOf(request: IncomingMessage): string | undefined {
  const [scheme, credentials] = request.headers["proxy-authorization"]?.split(" ") ?? [];
  if (scheme !== "Basic" || credentials === undefined) return undefined;
  return Buffer.from(credentials, "base64").toString("utf8").split(":")[0];
}
