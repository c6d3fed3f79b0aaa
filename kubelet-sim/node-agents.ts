import { nodes } from "../api/core/v1/node.ts";
import type { Node } from "../api/generated/types.ts";
import { nameOf, uidOf } from "../api/meta.ts";
import { StatusError } from "../api/status.ts";
import type { CoreEventRecorders } from "../client/core-event-recorder.ts";
import type { RestClient } from "../client/rest-client.ts";
import { type Clock, timestamp } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
import { unitHash } from "./hash.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { isCurrent, type NodeFacts, nodeObject, nodeStatus } from "./node-object.ts";
import type { PodHost } from "./pod-driver.ts";

export interface NodeAgentsOptions {
  readonly facts: readonly NodeFacts[];
  readonly leaseRenewIntervalMs: number;
  readonly statusReportIntervalMs: number;
}

export interface NodeAgentsDeps {
  readonly client: Pick<RestClient, "get" | "create" | "patch" | "update">;
  readonly recorders: CoreEventRecorders;
  readonly clock: Clock;
  readonly log: Logger;
  /** The node has registered, or its address range has changed. */
  readonly onReady: (nodeName: string) => void;
}

interface Agent {
  readonly facts: NodeFacts;
  readonly images: Set<string>;
  /** As the API last showed it; `undefined`: not registered yet, or deleted since. */
  node: Node | undefined;
  reportedMs: number;
  busy: boolean;
}

const buckets = 100;
const parallel = 64;

/**
 * The kubelets' word for their nodes: registers each, renews its Lease and reports its status. One timer serves all: the
 * renewal interval is cut into 100 slots, and every node has its own by its name.
 */
export class NodeAgents {
  readonly #options: NodeAgentsOptions;
  readonly #deps: NodeAgentsDeps;
  readonly #agents = new Map<string, Agent>();
  readonly #slots: Agent[][] = Array.from({ length: buckets }, () => []);
  readonly #leases: LeaseKeeper;

  constructor(options: NodeAgentsOptions, deps: NodeAgentsDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#leases = new LeaseKeeper(deps);
    for (const facts of options.facts) {
      const agent = { facts, images: new Set<string>(), node: undefined, reportedMs: 0, busy: false };
      this.#agents.set(facts.name, agent);
      this.#slots[Math.floor(unitHash(facts.name) * buckets)]?.push(agent);
    }
  }

  /** The node if it is ours and registered. */
  host(nodeName: string): PodHost | undefined {
    const agent = this.#agents.get(nodeName);
    if (agent?.node === undefined) return undefined;
    const { facts, images, node } = agent;
    return { name: facts.name, ip: facts.address, podCidr: node.spec?.podCIDR, images, node };
  }

  /** Resolves when all nodes are registered; tries each until it succeeds. Nodes that were observed before are taken over. */
  async register(options: { signal: AbortSignal }): Promise<void> {
    await forEachOf([...this.#agents.values()], (agent) => this.#registerUntilDone(agent, options.signal));
  }

  /** Renews all Leases, then each again at its time, and reports, until the signal is aborted. */
  async run(options: { signal: AbortSignal }): Promise<void> {
    const { signal } = options;
    const { clock } = this.#deps;
    await forEachOf([...this.#agents.values()], (agent) => this.#heartbeat(agent, signal));
    const slotMs = this.#options.leaseRenewIntervalMs / buckets;
    for (let slot = 0; !signal.aborted; slot = (slot + 1) % buckets) {
      const startedMs = clock.monotonicMs();
      await forEachOf(this.#slots[slot] ?? [], (agent) => this.#heartbeat(agent, signal));
      const restMs = slotMs - (clock.monotonicMs() - startedMs);
      await clock.sleep(Math.max(restMs, 0), { signal }).catch(() => undefined);
    }
  }

  /** What the watch shows of a node. Nodes that users make in our names are taken over; deleted ones are left alone. */
  observe(node: Node): void {
    const agent = this.#agents.get(nameOf(node));
    if (agent === undefined) return;
    const wasReady = agent.node !== undefined;
    const hadCidr = agent.node?.spec?.podCIDR;
    if (!wasReady && !agent.busy) agent.reportedMs = 0;
    agent.node = node;
    if (!wasReady || hadCidr !== node.spec?.podCIDR) this.#deps.onReady(agent.facts.name);
  }

  forget(node: Node): void {
    const agent = this.#agents.get(nameOf(node));
    if (agent === undefined) return;
    agent.node = undefined;
    this.#leases.forget(agent.facts.name);
    this.#deps.log.info({ node: agent.facts.name }, "the node has been deleted; it stays away until it is made again");
  }

  async #registerUntilDone(agent: Agent, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    const { name } = agent.facts;
    agent.busy = true;
    for (let delayMs = 100; !signal.aborted; delayMs = Math.min(delayMs * 2, 7_000)) {
      try {
        await this.#registerOnce(agent, signal);
        break;
      } catch (err) {
        if (signal.aborted) break;
        log.warn({ node: name, err }, "could not register the node; trying again");
        await clock.sleep(delayMs, { signal }).catch(() => undefined);
      }
    }
    agent.busy = false;
  }

  async #registerOnce(agent: Agent, signal: AbortSignal): Promise<void> {
    const node = agent.node === undefined ? await this.#createOrGet(agent, signal) : agent.node;
    const labelled = await this.#reconcileLabels(agent, node, signal);
    const wanted = nodeStatus(agent.facts, labelled.status?.conditions ?? [], timestamp(this.#deps.clock));
    // The status of a node that was there before is from another life: another port, another size.
    const current = isCurrent(labelled, wanted) ? labelled : await this.#report(agent, labelled, signal);
    agent.node ??= current;
    this.#deps.onReady(agent.facts.name);
  }

  async #createOrGet(agent: Agent, signal: AbortSignal): Promise<Node> {
    const { client, clock } = this.#deps;
    const { name } = agent.facts;
    try {
      const node = await client.create(nodes, nodeObject(agent.facts, timestamp(clock)), { signal });
      agent.reportedMs = clock.monotonicMs();
      this.#announce(name);
      return node;
    } catch (error) {
      if (!(error instanceof StatusError && error.reason === "AlreadyExists")) throw error;
      return await client.get(nodes, { namespace: "", name }, { signal });
    }
  }

  /** Labels that every node has; those that others have added or changed stay. */
  async #reconcileLabels(agent: Agent, node: Node, signal: AbortSignal): Promise<Node> {
    const wanted = nodeObject(agent.facts, "").metadata?.labels ?? {};
    const missing = Object.entries(wanted).filter(([key]) => node.metadata?.labels?.[key] === undefined);
    if (missing.length === 0) return node;
    const body = { metadata: { labels: Object.fromEntries(missing) } };
    return await this.#deps.client.patch(
      nodes,
      { namespace: "", name: agent.facts.name },
      { type: "merge", body },
      { signal },
    );
  }

  async #heartbeat(agent: Agent, signal: AbortSignal): Promise<void> {
    const { node, facts, busy } = agent;
    if (node === undefined || busy) return;
    agent.busy = true;
    try {
      await this.#leases.renew(facts.name, uidOf(node), { signal });
      const isDue = this.#deps.clock.monotonicMs() - agent.reportedMs >= this.#options.statusReportIntervalMs;
      const wanted = nodeStatus(facts, node.status?.conditions ?? [], timestamp(this.#deps.clock));
      if (isDue || !isCurrent(node, wanted)) await this.#report(agent, node, signal);
    } catch (err) {
      if (!signal.aborted) this.#deps.log.warn({ node: facts.name, err }, "a heartbeat failed");
    } finally {
      agent.busy = false;
    }
  }

  async #report(agent: Agent, node: Node, signal: AbortSignal): Promise<Node> {
    const { client, clock } = this.#deps;
    const status = nodeStatus(agent.facts, node.status?.conditions ?? [], timestamp(clock));
    const body = {
      status: {
        ...status,
        "$setElementOrder/conditions": status.conditions?.map(({ type }) => ({ type })),
      },
    };
    const answer = await client.patch(
      nodes,
      { namespace: "", name: agent.facts.name },
      { type: "strategic", body },
      { signal, subresource: "status" },
    );
    agent.reportedMs = clock.monotonicMs();
    return answer;
  }

  /** A kubelet's events name its node by name where others name it by UID. */
  #announce(name: string): void {
    if (this.#agents.size > 50) return;
    const regarding = { kind: "Node", name, uid: name };
    const say = (reason: string, message: string) =>
      this.#deps.recorders.event({ component: "kubelet", host: name }, regarding, { type: "Normal", reason, message });
    say("Starting", "Starting kubelet.");
    for (const reason of ["NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID", "NodeReady"]) {
      say(reason, `Node ${name} status is now: ${reason}`);
    }
    say("NodeAllocatableEnforced", "Updated Node Allocatable limit across pods");
  }
}

/** At most so many at once; `act` must not throw. */
async function forEachOf<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const work = async () => {
    for (const item of queue) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, work));
}
