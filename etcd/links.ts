import { type LinkFault, pass } from "../component-base/link-fault.ts";
import type { LaneDeps } from "../component-base/tcp-lane.ts";
import { startTcpRelay, type TcpRelay } from "../component-base/tcp-relay.ts";
import type { MemberPlan } from "./config.ts";
import { type PeerProxy, startPeerProxy } from "./peer-proxy.ts";

/** All connections of a cluster of etcd, each of which can be refused, stalled and delayed. */
export interface ClusterLinks {
  /**
   * Who is a member now, and where it listens. A client's way to a member stays the same when that moves or is replaced by
   * another one of its name; to one that has gone it leads nowhere.
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
  const links: ClientLink[] = [];
  let members: readonly MemberPlan[] = [];
  const find = (client: string, member: string) =>
    links.find((candidate) => candidate.client === client && candidate.member === member);
  const open = async (client: string, member: string, port: number) => {
    const target = { host: "127.0.0.1", port };
    const relay = await startTcpRelay({ target, fault: faults.get(`${client} ${member}`) ?? pass }, deps);
    links.push({ client, member, relay });
  };
  return {
    async setMembers(next) {
      members = next;
      proxy.setMembers(next);
      for (const { member, relay } of links) {
        const port = next.find(({ name }) => name === member)?.clientPort;
        relay.setTarget(port === undefined ? undefined : { host: "127.0.0.1", port });
      }
      for (const client of clients) {
        for (const { name, clientPort } of next) if (!find(client, name)) await open(client, name, clientPort);
      }
    },
    environment: (member) => ({ ...proxy.environment(member) }),
    clientUrl(client, member) {
      const link = find(client, member);
      if (link === undefined || !members.some(({ name }) => name === member))
        throw new Error(`${client} has no link to ${member}`);
      return `https://127.0.0.1:${link.relay.port}`;
    },
    setFault(from, to, fault) {
      faults.set(`${from} ${to}`, fault);
      if (!clients.includes(from)) proxy.setFault(from, to, fault);
      find(from, to)?.relay.setFault(fault);
    },
    async stop() {
      await Promise.all([proxy.stop(), ...links.map(({ relay }) => relay.stop())]);
    },
  };
}
