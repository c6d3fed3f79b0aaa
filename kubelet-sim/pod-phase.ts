import type { Container, ContainerStatus, Pod } from "../api/generated/types.ts";
import { isDeleting } from "../api/meta.ts";
import { isSidecar } from "./container-status.ts";

export type PodPhase = "Pending" | "Running" | "Succeeded" | "Failed";

/** Whether nothing will ever run in the pod again. */
export const isTerminalPhase = (phase: string | undefined) => phase === "Succeeded" || phase === "Failed";

/** Whether the kubelet starts an ended container again. */
export function mayRestart(pod: Pod, container: Container, exitCode: number): boolean {
  const policy = container.restartPolicy ?? pod.spec?.restartPolicy ?? "Always";
  return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
}

/**
 * The phase that follows from the containers' states. It never leaves Succeeded or Failed.
 * @see k8s.io/kubernetes v1.36.0 pkg/kubelet/kubelet_pods.go
 */
export function podPhase(pod: Pod, init: readonly ContainerStatus[], containers: readonly ContainerStatus[]): PodPhase {
  const before = pod.status?.phase;
  if (before === "Succeeded" || before === "Failed") return before;
  const isDeleted = isDeleting(pod);
  const restarts = (container: Container, exitCode: number) => !isDeleted && mayRestart(pod, container, exitCode);

  let initPending = false;
  for (const container of pod.spec?.initContainers ?? []) {
    const status = statusOf(init, container);
    if (isSidecar(container)) {
      if (status?.started !== true && !hasRun(containers)) initPending = true;
      continue;
    }
    const exitCode = (status?.state?.terminated ?? status?.lastState?.terminated)?.exitCode;
    const ended = status?.state?.terminated !== undefined;
    if (ended && exitCode !== undefined && exitCode !== 0 && !restartsInit(pod, isDeleted)) return "Failed";
    if (!(ended && exitCode === 0)) initPending = true;
  }

  let running = 0;
  let waiting = 0;
  let restartable = 0;
  let failed = 0;
  for (const container of pod.spec?.containers ?? []) {
    const status = statusOf(containers, container);
    const ended = status?.state?.terminated ?? status?.lastState?.terminated;
    if (status?.state?.running !== undefined) running++;
    else if (ended === undefined) waiting++;
    else if (restarts(container, ended.exitCode)) restartable++;
    else if (ended.exitCode !== 0) failed++;
  }
  const everRan = hasRun(containers);
  if (initPending && !everRan) return isDeleted ? "Failed" : "Pending";
  if (waiting > 0) return isDeleted && running === 0 ? "Failed" : "Pending";
  if (running > 0 || restartable > 0) return "Running";
  return failed > 0 ? "Failed" : "Succeeded";
}

/** Init containers of a pod that always restarts are retried as if on failure. */
const restartsInit = (pod: Pod, isDeleted: boolean) => !isDeleted && pod.spec?.restartPolicy !== "Never";

const statusOf = (statuses: readonly ContainerStatus[], container: Container) =>
  statuses.find(({ name }) => name === container.name);

const hasRun = (containers: readonly ContainerStatus[]) =>
  containers.some(({ state, lastState }) => {
    return state?.running !== undefined || state?.terminated !== undefined || lastState?.terminated !== undefined;
  });
