import type { Container, ContainerStatus, Pod, PodCondition } from "../api/generated/types.ts";
import { isSidecar } from "./container-status.ts";
import type { PodPhase } from "./pod-phase.ts";

/** What the conditions of a pod are computed from. */
export interface ConditionFacts {
  readonly pod: Pod;
  readonly phase: PodPhase;
  readonly init: readonly ContainerStatus[];
  readonly containers: readonly ContainerStatus[];
  readonly hasNetwork: boolean;
}

/** Whether only kubelets write conditions of this type. */
export const isOwnedCondition = (type: string) => kubeletConditionTypes.some((owned) => owned === type);

interface Verdict {
  readonly status: "True" | "False";
  readonly reason?: string;
  readonly message?: string;
}

const yes: Verdict = { status: "True" };

/** The types a kubelet owns, in the order in which it writes them; PodScheduled is the scheduler's, or ours if it had none. */
const kubeletConditionTypes = [
  "PodReadyToStartContainers",
  "Initialized",
  "Ready",
  "ContainersReady",
  "PodScheduled",
] as const;

type OwnedType = (typeof kubeletConditionTypes)[number];

/**
 * All conditions of the pod: the kubelet's own anew, in their order, the others as they are. A transition time moves only
 * when the status does.
 * @see k8s.io/kubernetes v1.36.0 pkg/kubelet/status/generate.go
 */
export function podConditions(facts: ConditionFacts, now: string): PodCondition[] {
  const existing = facts.pod.status?.conditions ?? [];
  const containersReady = containersReadyVerdict(facts);
  const verdicts: Record<OwnedType, Verdict> = {
    PodReadyToStartContainers: facts.hasNetwork ? yes : { status: "False" },
    Initialized: initializedVerdict(facts),
    Ready: readyVerdict(facts, containersReady),
    ContainersReady: containersReady,
    PodScheduled: yes,
  };
  const generation = facts.pod.metadata?.generation;
  const owned = kubeletConditionTypes.map((type): PodCondition => {
    const before = existing.find((condition) => condition.type === type);
    const { status, reason, message } = verdicts[type];
    const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? now) : now;
    return {
      type,
      ...(generation !== undefined && { observedGeneration: generation }),
      status,
      lastTransitionTime,
      ...(reason !== undefined && { reason }),
      ...(message !== undefined && { message }),
    };
  });
  const others = existing.filter(({ type }) => !isOwnedCondition(type));
  return [...owned, ...others];
}

function initializedVerdict({ pod, phase, init, containers }: ConditionFacts): Verdict {
  const wanted = pod.spec?.initContainers ?? [];
  if (phase === "Succeeded") return { status: "True", reason: "PodCompleted" };
  if (wanted.length === 0) return yes;
  if (containers.some(({ state, lastState }) => state?.running !== undefined || lastState?.terminated !== undefined)) {
    return yes;
  }
  const incomplete = wanted.filter((container) => {
    const status = init.find(({ name }) => name === container.name);
    return isSidecar(container) ? status?.started !== true : status?.state?.terminated?.exitCode !== 0;
  });
  return incomplete.length === 0 ? yes : notYet("ContainersNotInitialized", "incomplete", incomplete);
}

function containersReadyVerdict({ pod, phase, init, containers }: ConditionFacts): Verdict {
  if (phase === "Succeeded") return { status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { status: "False", reason: "PodFailed" };
  const isReady = (statuses: readonly ContainerStatus[]) => (container: Container) =>
    statuses.some(({ name, ready }) => name === container.name && ready);
  const unready = [
    ...(pod.spec?.initContainers ?? []).filter((container) => isSidecar(container) && !isReady(init)(container)),
    ...(pod.spec?.containers ?? []).filter((container) => !isReady(containers)(container)),
  ];
  return unready.length === 0 ? yes : notYet("ContainersNotReady", "unready", unready);
}

function readyVerdict({ pod }: ConditionFacts, containersReady: Verdict): Verdict {
  if (containersReady.status !== "True") return containersReady;
  const messages: string[] = [];
  for (const { conditionType } of pod.spec?.readinessGates ?? []) {
    const condition = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (condition === undefined) {
      messages.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    } else if (condition.status !== "True") {
      messages.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`);
    }
  }
  if (messages.length === 0) return yes;
  return { status: "False", reason: "ReadinessGatesNotReady", message: messages.join(", ") };
}

function notYet(reason: string, adjective: string, containers: readonly Container[]): Verdict {
  const names = containers.map(({ name }) => name).join(" ");
  return { status: "False", reason, message: `containers with ${adjective} status: [${names}]` };
}
