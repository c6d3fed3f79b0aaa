import type { Node } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { keyOf, keyString, nameOf, parseKey } from "../../api/meta.ts";
import { timestamp } from "../../component-base/clock.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { podInformer } from "../pods/pod-informer.ts";
import { isReady } from "../pods/pod-state.ts";
import { queueController } from "../queue-controller.ts";
import { isApiReady } from "./api-health.ts";
import { EvictionQueue } from "./eviction-queue.ts";
import { nodeCondition, type ReadyState, readyState, unknownConditions } from "./node-conditions.ts";
import { NodeHealth } from "./node-health.ts";
import { readinessTaint, reconciledNoExecute, reconciledNoSchedule } from "./node-taints.ts";
import { NodeWriter } from "./node-writer.ts";
import { evictionRate, isEverythingDown, type ZoneState, zoneOf, zoneState } from "./zones.ts";

const leaseNamespace = "kube-node-lease";
const excludedLabel = "node.kubernetes.io/exclude-disruption";
const taintTickMs = 100;
const podWorkers = 16;

/**
 * Watches over nodes: marks those that fall silent, taints those that are not fit for Pods, and says so of their Pods.
 * Tainting follows every change of a node at once; silence is looked for once per monitor period.
 * @see kubernetes v1.36.0 pkg/controller/nodelifecycle/node_lifecycle_controller.go
 */
export function nodeLifecycleController(context: ControllerContext): Controller {
  const { clock, config, log } = context;
  const nodes = context.informer({ kind: kinds.nodes });
  const leases = context.informer({ kind: kinds.leases });
  const pods = podInformer(context);
  const writer = new NodeWriter(context);
  const health = new NodeHealth();
  const known = new Map<string, Node>();
  const zones = new Map<string, { state: ZoneState; queue: EvictionQueue }>();
  let everythingWasDown = false;

  const now = () => timestamp(clock);
  const nodeNamed = (name: string) => nodes.get({ namespace: "", name });

  const taints = queueController(context, {
    workers: 8,
    async reconcile(name, { signal }) {
      const node = nodeNamed(name);
      if (node === undefined) return { kind: "done" };
      const wanted = reconciledNoSchedule(node, now());
      if (wanted !== undefined) await writer.taint(node, wanted, signal);
      // A node that is well again must not wait for the next look to keep its Pods.
      else await allowIfReady(node, signal);
      await writer.label(node, signal);
      return { kind: "done" };
    },
  });

  /** Pods whose node has become not ready. */
  const unreadyPods = queueController(context, {
    workers: podWorkers,
    async reconcile(key, { signal }) {
      const pod = pods.get(parseKey(key));
      const node = pod === undefined ? undefined : nodeNamed(pod.spec?.nodeName ?? "");
      if (pod !== undefined && node !== undefined && readyState(node) !== "True") {
        await writer.markNotReady(pod, now(), signal);
      }
      return { kind: "done" };
    },
  });

  function markPodsOf(node: Node): void {
    for (const pod of pods.byIndex("nodeName", nameOf(node))) {
      if (isReady(pod)) unreadyPods.queue.add(keyString(keyOf(pod)));
    }
  }

  nodes.addHandler({
    onAdd: (node) => taints.queue.add(nameOf(node)),
    onUpdate(old, node) {
      taints.queue.add(nameOf(node));
      if (readyState(old) === "True" && readyState(node) !== "True") markPodsOf(node);
    },
  });

  async function allowIfReady(node: Node, signal: AbortSignal): Promise<void> {
    if (readyState(node) !== "True") return;
    for (const { queue } of zones.values()) queue.remove(nameOf(node));
    const wanted = reconciledNoExecute(node, undefined, now());
    if (wanted !== undefined) await writer.taint(node, wanted, signal);
  }

  function noteComingsAndGoings(current: readonly Node[]): void {
    const names = new Set(current.map(nameOf));
    for (const node of current) {
      if (!known.has(nameOf(node))) writer.record(node, "RegisteredNode");
      known.set(nameOf(node), node);
    }
    for (const [name, node] of known) {
      if (names.has(name)) continue;
      writer.record(node, "RemovingNode");
      known.delete(name);
      health.forget(name);
      for (const { queue } of zones.values()) queue.remove(name);
    }
  }

  /** One node: is it silent, and what follows from that? Answers its state after the look. */
  async function look(node: Node, signal: AbortSignal): Promise<ReadyState> {
    const hasReported = nodeCondition(node, "Ready") !== undefined;
    const before = readyState(node);
    let current = node;
    if (silence(node) > graceMs(node)) {
      const conditions = unknownConditions(node, now());
      if (conditions !== undefined) current = await writer.writeConditions(node, conditions, signal);
    }
    const state = readyState(current);
    if (before === "True" && state !== "True") writer.record(current, "NodeNotReady");
    if (readyState(node) !== "True" && hasReported) markPodsOf(node);
    return state;
  }

  const graceMs = (node: Node) =>
    nodeCondition(node, "Ready") === undefined ? config.nodeStartupGracePeriodMs : config.nodeMonitorGracePeriodMs;

  function silence(node: Node): number {
    return health.silentMs(node, leases.get({ namespace: leaseNamespace, name: nameOf(node) }), clock.now());
  }

  /** Half of its grace period is over before a silent node is judged: time enough to notice that nobody can be heard. */
  async function isDeaf(current: readonly Node[], signal: AbortSignal): Promise<boolean> {
    const suspect = current.filter((node) => silence(node) > graceMs(node) / 2);
    if (suspect.length === 0 || (await isApiReady(context, signal)) || signal.aborted) return false;
    log.debug({ nodes: suspect.length }, "the API is not ready: silent nodes are not judged");
    health.resetAll(clock.now());
    return true;
  }

  async function monitor(signal: AbortSignal): Promise<void> {
    const current = nodes.list();
    noteComingsAndGoings(current);
    if (await isDeaf(current, signal)) return;
    const byZone = new Map<string, ReadyState[]>();
    for (const node of current) {
      let state = readyState(node);
      try {
        state = await look(node, signal);
      } catch (err) {
        if (signal.aborted) return;
        log.debug({ node: nameOf(node), err }, "could not update a node; trying again");
      }
      if (node.metadata?.labels?.[excludedLabel] === undefined) {
        byZone.set(zoneOf(node), [...(byZone.get(zoneOf(node)) ?? []), state]);
      }
    }
    await judgeZones(byZone, signal);
    if (everythingWasDown) return;
    for (const node of current) {
      const fresh = nodeNamed(nameOf(node));
      if (fresh === undefined || readinessTaint(fresh) === undefined) continue;
      if (reconciledNoExecute(fresh, readinessTaint(fresh), now()) !== undefined) {
        zones.get(zoneOf(fresh))?.queue.add(nameOf(fresh));
      }
    }
  }

  async function judgeZones(byZone: ReadonlyMap<string, ReadyState[]>, signal: AbortSignal): Promise<void> {
    const states = new Map([...byZone].map(([zone, nodeStates]) => [zone, zoneState(nodeStates, config)]));
    const everythingIsDown = isEverythingDown(states.values());
    for (const [zone, state] of states) {
      const rate = everythingIsDown ? 0 : evictionRate(state, byZone.get(zone)?.length ?? 0, config);
      const entry = zones.get(zone) ?? { state, queue: new EvictionQueue(rate) };
      entry.queue.setRate(rate);
      zones.set(zone, { ...entry, state });
    }
    if (everythingIsDown && !everythingWasDown) {
      log.warn({ zones: states.size }, "no node is ready anywhere: nothing is evicted");
      for (const node of nodes.list()) {
        const wanted = reconciledNoExecute(node, undefined, now());
        if (wanted !== undefined) await writer.taint(node, wanted, signal);
      }
    } else if (everythingWasDown && !everythingIsDown) {
      health.resetAll(clock.now());
    }
    everythingWasDown = everythingIsDown;
  }

  async function monitorLoop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await monitor(signal);
        await clock.sleep(config.nodeMonitorPeriodMs, { signal });
      } catch (err) {
        if (signal.aborted) return;
        log.warn({ err }, "could not look after the nodes");
        await clock.sleep(config.nodeMonitorPeriodMs, { signal }).catch(() => undefined);
      }
    }
  }

  async function taintOne(name: string, queue: EvictionQueue, signal: AbortSignal): Promise<void> {
    const node = nodeNamed(name);
    const key = node === undefined ? undefined : readinessTaint(node);
    if (node === undefined || key === undefined) return;
    const wanted = reconciledNoExecute(node, key, now());
    if (wanted === undefined) return;
    try {
      await writer.taint(node, wanted, signal);
    } catch (err) {
      if (signal.aborted) return;
      log.debug({ node: name, err }, "could not taint a node; trying again");
      queue.add(name);
    }
  }

  async function taintLoop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const { queue } of zones.values()) {
        const name = queue.take(clock.monotonicMs());
        if (name !== undefined) await taintOne(name, queue, signal);
      }
      // Being stopped ends the sleep, and with it the loop.
      await clock.sleep(taintTickMs, { signal }).catch(() => undefined);
    }
  }

  return {
    async run({ signal }) {
      await Promise.all([
        taints.controller.run({ signal }),
        unreadyPods.controller.run({ signal }),
        monitorLoop(signal),
        taintLoop(signal),
      ]);
    },
  };
}
