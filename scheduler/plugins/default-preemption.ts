import { type Diagnosis, ReasonCounts } from "../diagnosis.ts";
import type { Plugin, PostFilterContext, PostFilterResult } from "../framework.ts";
import type { PodInfo } from "../pod-info.ts";
import { type Candidate, leastHarm, selectVictims } from "../victims.ts";

export interface DefaultPreemptionDeps {
  /** Uniform in [0, 1): where among the nodes the search starts. */
  readonly random: () => number;
  /** Makes the victims go, in the background; `settled` is called when all of that has been tried. */
  readonly evict: (preemptor: PodInfo, candidate: Candidate, settled: () => void) => void;
}

const minCandidatesPercentage = 10;
const minCandidates = 100;
const notHelpful = "Preemption is not helpful for scheduling";
const ineligibleByPolicy = "preemption: not eligible due to preemptionPolicy=Never.";
const ineligibleYet = "preemption: not eligible due to a terminating pod on the nominated node.";

/**
 * Looks for a node on which a Pod would fit if Pods of lower priority went, has the fewest and least important of them
 * deleted, and promises the node to the Pod.
 *
 * @see k8s.io/kubernetes v1.36.0 pkg/scheduler/framework/preemption/preemption.go
 */
export function createDefaultPreemption(deps: DefaultPreemptionDeps): Plugin {
  /** Pods for which victims are being evicted just now. */
  const preempting = new Set<string>();

  function postFilter(context: PostFilterContext): PostFilterResult {
    const { pod } = context;
    if (pod.pod.spec?.preemptionPolicy === "Never") return { kind: "unschedulable", message: ineligibleByPolicy };
    if (preempting.has(pod.uid) || isWaitingForVictims(context)) {
      return { kind: "unschedulable", message: ineligibleYet };
    }
    const { candidates, message } = dryRun(context, deps.random);
    const best = leastHarm(candidates);
    if (best === undefined) return { kind: "unschedulable", message, withdraw: true };
    preempting.add(pod.uid);
    deps.evict(pod, best, () => preempting.delete(pod.uid));
    return { kind: "nominated", nodeName: best.nodeName };
  }

  return { name: "DefaultPreemption", postFilter };
}

/** Whether an earlier preemption for this Pod is still making room on the node that it was promised. */
function isWaitingForVictims({ pod, nodes, nominator, diagnosis }: PostFilterContext): boolean {
  const nodeName = nominator.nodeOf(pod.uid);
  const node = nodeName === undefined ? undefined : nodes.indexOf(nodeName);
  if (node === undefined || diagnosis.rejections.get(node)?.code === "UnschedulableAndUnresolvable") return false;
  for (const other of nodes.row(node).pods.values()) {
    if (other.priority < pod.priority && isBeingPreempted(other)) return true;
  }
  return false;
}

function isBeingPreempted({ pod }: PodInfo): boolean {
  if (pod.metadata?.deletionTimestamp === undefined) return false;
  const conditions = pod.status?.conditions ?? [];
  return conditions.some(({ type, status, reason }) => {
    return type === "DisruptionTarget" && status === "True" && reason === "PreemptionByScheduler";
  });
}

function dryRun(context: PostFilterContext, random: () => number): { candidates: Candidate[]; message: string } {
  const { pod, nodes, diagnosis } = context;
  const possible = [...diagnosis.rejections].filter(([, why]) => why.code === "Unschedulable").map(([node]) => node);
  const reasons = new ReasonCounts();
  const unhelpful = diagnosis.totalNodes - possible.length;
  if (unhelpful > 0) reasons.add(notHelpful, unhelpful);
  const candidates: Candidate[] = [];
  if (!nodes.hasPodsBelow(pod.priority)) {
    if (possible.length > 0) reasons.add("No preemption victims found for incoming pod", possible.length);
    return { candidates, message: preemptionMessage(diagnosis, reasons) };
  }
  const enough = Math.max(Math.floor((possible.length * minCandidatesPercentage) / 100), minCandidates);
  const offset = Math.floor(random() * possible.length);
  for (let i = 0; i < possible.length && candidates.length < enough; i++) {
    const node = possible[(offset + i) % possible.length] ?? 0;
    const result = selectVictims(pod, node, context);
    if ("victims" in result) candidates.push(result);
    else for (const reason of result.reasons) reasons.add(reason);
  }
  return { candidates, message: preemptionMessage(diagnosis, reasons) };
}

function preemptionMessage(diagnosis: Diagnosis, reasons: ReasonCounts): string {
  return `preemption: 0/${diagnosis.totalNodes} nodes are available: ${reasons}.`;
}
