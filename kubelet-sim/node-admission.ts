import type { Node, Pod } from "../api/generated/types.ts";
import { type HostPort, hostPortsOf, portsClash } from "../api/host-ports.ts";
import { nameOf, uidOf } from "../api/meta.ts";
import { matchesRequired } from "../api/node-selector.ts";
import { podRequests, resourceAmounts } from "../api/resource-amounts.ts";
import { isTolerated } from "../api/tolerations.ts";

/** Why a node will not have a pod. */
export interface Refusal {
  /** `OutOfcpu`, `NodeAffinity`, … */
  readonly reason: string;
  readonly message: string;
}

/** What a pod holds of its node. */
interface Claim {
  readonly nodeName: string;
  /** The spec's, when this was worked out: what a running pod requests may change. */
  readonly generation: number | undefined;
  readonly requests: ReadonlyMap<string, number>;
  readonly hostPorts: readonly HostPort[];
}

interface Claims {
  readonly byUid: Map<string, Claim>;
  readonly requested: Map<string, number>;
}

/** In this order a kubelet looks at what it has; what else a pod may request comes after. */
const ownResources = ["cpu", "memory", "ephemeral-storage"];

/**
 * Keeps account of what the pods on each node hold, and tells which pods a kubelet would refuse. The scheduler has asked the
 * same before it binds, so that this is for pods that somebody else has put on a node.
 * @see k8s.io/kubernetes v1.36.0 pkg/kubelet/lifecycle/predicate.go
 */
export class NodeAdmission {
  readonly #nodes = new Map<string, Claims>();
  readonly #nodeOf = new Map<string, string>();

  /** The pod is on its node and holds what it requests, whether or not that is there. */
  occupy(pod: Pod): void {
    const uid = uidOf(pod);
    const nodeName = pod.spec?.nodeName ?? "";
    const generation = pod.metadata?.generation;
    const held = this.#nodes.get(nodeName)?.byUid.get(uid);
    if (held !== undefined && held.generation === generation) return;
    this.release(uid);
    const claim = { nodeName, generation, requests: requestsOf(pod), hostPorts: hostPortsOf(pod) };
    const node = this.#claimsOn(nodeName);
    node.byUid.set(uid, claim);
    add(node.requested, claim.requests, 1);
    this.#nodeOf.set(uid, nodeName);
  }

  /** The pod holds nothing any more. */
  release(uid: string): void {
    const node = this.#nodes.get(this.#nodeOf.get(uid) ?? "");
    const claim = node?.byUid.get(uid);
    if (node === undefined || claim === undefined) return;
    node.byUid.delete(uid);
    add(node.requested, claim.requests, -1);
    this.#nodeOf.delete(uid);
    if (node.byUid.size === 0) this.#nodes.delete(claim.nodeName);
  }

  /** The first reason not to have the pod on that node beside the pods that are there; undefined: none. */
  refusal(pod: Pod, node: Node): Refusal | undefined {
    return (
      refusedSystem(pod) ??
      this.#shortage(pod, node) ??
      refusedBySelector(pod, node) ??
      this.#portTaken(pod, node) ??
      refusedByTaint(pod, node)
    );
  }

  #shortage(pod: Pod, node: Node): Refusal | undefined {
    const allocatable = resourceAmounts(node.status?.allocatable);
    const claims = this.#nodes.get(nameOf(node));
    const pods = claims?.byUid.size ?? 0;
    const capacity = allocatable.get("pods") ?? 0;
    if (pods + 1 > capacity) return outOf("pods", { requested: 1, used: pods, capacity });
    const requests = requestsOf(pod);
    for (const name of new Set([...ownResources, ...requests.keys()])) {
      const requested = requests.get(name) ?? 0;
      if (requested === 0 || (isExtended(name) && !allocatable.has(name))) continue;
      const used = claims?.requested.get(name) ?? 0;
      const has = allocatable.get(name) ?? 0;
      if (requested > has - used) return outOf(name, { requested, used, capacity: has });
    }
    return undefined;
  }

  #portTaken(pod: Pod, node: Node): Refusal | undefined {
    const wanted = hostPortsOf(pod);
    if (wanted.length === 0) return undefined;
    for (const { hostPorts } of this.#nodes.get(nameOf(node))?.byUid.values() ?? []) {
      if (!wanted.some((port) => hostPorts.some((used) => portsClash(port, used)))) continue;
      return failed("NodePorts", "node(s) didn't have free ports for the requested pod ports");
    }
    return undefined;
  }

  #claimsOn(nodeName: string): Claims {
    let claims = this.#nodes.get(nodeName);
    if (claims === undefined) {
      claims = { byUid: new Map(), requested: new Map() };
      this.#nodes.set(nodeName, claims);
    }
    return claims;
  }
}

const requestsOf = (pod: Pod) => podRequests(pod, { assumeMissing: false });

function refusedSystem(pod: Pod): Refusal | undefined {
  const label = pod.metadata?.labels?.["kubernetes.io/os"];
  if (label !== undefined && label !== "linux") {
    const message = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
    return { reason: "PodOSSelectorNodeLabelDoesNotMatch", message };
  }
  const system = pod.spec?.os?.name ?? "linux";
  if (system === "linux") return undefined;
  return { reason: "PodOSNotSupported", message: "Failed to admit pod as the OS field doesn't match node OS" };
}

function refusedBySelector(pod: Pod, node: Node): Refusal | undefined {
  const { labels = {} } = node.metadata ?? {};
  if (matchesRequired(pod, { name: nameOf(node), labels })) return undefined;
  return failed("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
}

/** Taints that only keep the scheduler away are not the kubelet's. */
function refusedByTaint(pod: Pod, node: Node): Refusal | undefined {
  const { taints = [] } = node.spec ?? {};
  const { tolerations = [] } = pod.spec ?? {};
  if (taints.every((taint) => taint.effect !== "NoExecute" || isTolerated(taint, tolerations))) return undefined;
  return failed("TaintToleration", "node(s) had taints that the pod didn't tolerate");
}

/** Those that a node does not know may be the cluster's. */
const isExtended = (resource: string) => resource.includes("/") && !resource.includes("kubernetes.io/");

/** Cpu in thousandths of a core, everything else in whole units. */
function outOf(
  resource: string,
  { requested, used, capacity }: { requested: number; used: number; capacity: number },
): Refusal {
  const amounts = `requested: ${requested}, used: ${used}, capacity: ${capacity}`;
  return { reason: `OutOf${resource}`, message: `Node didn't have enough resource: ${resource}, ${amounts}` };
}

const failed = (predicate: string, why: string): Refusal => ({
  reason: predicate,
  message: `Predicate ${predicate} failed: ${why}`,
});

function add(total: Map<string, number>, amounts: ReadonlyMap<string, number>, sign: 1 | -1): void {
  for (const [name, amount] of amounts) total.set(name, (total.get(name) ?? 0) + sign * amount);
}
