import { type LinkFault, pass } from "../component-base/link-fault.ts";
import type { LaneDeps } from "../component-base/tcp-lane.ts";
import { startTcpRelay, type TcpRelay } from "../component-base/tcp-relay.ts";
import type { MemberPlan } from "./config.ts";
import { type PeerProxy, startPeerProxy } from "./peer-proxy.ts";

/** All connections of a cluster of etcd, each of which can be refused, stalled and delayed. */
export interface ClusterLinks {
  /**
   * Who is a member now, and where it listens. Relays to those that have gone, or moved, end.
   * @throws when there is no port left for a relay
   */
  setMembers(members: readonly MemberPlan[]): Promise<void>;
  /** What a member's process needs to reach its peers through its links. */
  environment(member: string): Readonly<Record<string, string>>;
  /** Where a client, one of those that were named, reaches a member through its link. */
  clientUrl(client: string, member: string): string;
  /** @param from - a client or a member; @param to - a member. What a link does holds for members that come back, too. */
  setFault(from: string, to: string, fault: LinkFault): void;
  stop(): Promise<void>;
}

/** A client's way to a member. */
interface ClientLink {
  readonly client: string;
  readonly member: string;
  readonly port: number;
  readonly relay: TcpRelay;
}

/**
 * Makes the links of a cluster without members. Links from member to member are those of one proxy; every client has a
 * relay of its own to every member, so that it is known by the port.
 *
 * @param clients - names of the gateways
 */
export async function startClusterLinks(clients: readonly string[], deps: LaneDeps): Promise<ClusterLinks> {
  const proxy: PeerProxy = await startPeerProxy(deps);
  const faults = new Map<string, LinkFault>();
  let links: readonly ClientLink[] = [];
  const open = async (client: string, { name, clientPort }: MemberPlan): Promise<ClientLink> => {
    const known = links.find((link) => link.client === client && link.member === name && link.port === clientPort);
    if (known !== undefined) return known;
    const target = { host: "127.0.0.1", port: clientPort };
    const relay = await startTcpRelay({ target, fault: faults.get(`${client} ${name}`) ?? pass }, deps);
    return { client, member: name, port: clientPort, relay };
  };
  return {
    async setMembers(members) {
      proxy.setMembers(members);
      const before = links;
      links = await Promise.all(clients.flatMap((client) => members.map((member) => open(client, member))));
      await Promise.all(before.filter((link) => !links.includes(link)).map(({ relay }) => relay.stop()));
    },
    environment: (member) => ({ ...proxy.environment(member) }),
    clientUrl(client, member) {
      const link = links.find((candidate) => candidate.client === client && candidate.member === member);
      if (link === undefined) throw new Error(`${client} has no link to ${member}`);
      return `https://127.0.0.1:${link.relay.port}`;
    },
    setFault(from, to, fault) {
      faults.set(`${from} ${to}`, fault);
      if (!clients.includes(from)) proxy.setFault(from, to, fault);
      for (const { client, member, relay } of links) if (client === from && member === to) relay.setFault(fault);
    },
    async stop() {
      await Promise.all([proxy.stop(), ...links.map(({ relay }) => relay.stop())]);
    },
  };
}
