import { ageColumn, documentation, nameColumn, orNone, textColumn } from "../../columns/columns.ts";
import { humanDuration } from "../../duration.ts";
import type { ContainerStatus, Pod } from "../../generated/types.ts";
import type { Column } from "../../kind.ts";

interface PodSummary {
  readonly ready: number;
  readonly total: number;
  readonly reason: string;
  readonly restarts: number;
  /** When a container last ended before it was started again, in ms; -Infinity: never. */
  readonly lastRestartMs: number;
}

const isSidecar = (pod: Pod, name: string) =>
  pod.spec?.initContainers?.some((container) => container.name === name && container.restartPolicy === "Always") ??
  false;

const conditionTrue = (pod: Pod, type: string) =>
  pod.status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;

const endedMs = (status: ContainerStatus) => {
  const finishedAt = status.lastState?.terminated?.finishedAt;
  return finishedAt ? Date.parse(finishedAt) : Number.NEGATIVE_INFINITY;
};

/** @see k8s.io/kubernetes v1.36.0 pkg/printers/internalversion/printers.go printPod */
function summarize(pod: Pod): PodSummary {
  const sidecars = pod.spec?.initContainers?.filter((container) => container.restartPolicy === "Always").length ?? 0;
  const total = (pod.spec?.containers.length ?? 0) + sidecars;
  const init = summarizeInit(pod);
  const phase = basicReason(pod);
  if (init.reason !== undefined && !conditionTrue(pod, "Initialized")) {
    const { ready, restarts, lastRestartMs } = init;
    return { ready, total, reason: terminating(pod) ?? init.reason, restarts, lastRestartMs };
  }
  let reason = init.reason ?? phase;
  let { ready } = init;
  let restarts = init.sidecarRestarts;
  let lastRestartMs = init.sidecarRestartMs;
  let running = false;
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    restarts += status.restartCount;
    lastRestartMs = Math.max(lastRestartMs, endedMs(status));
    const { waiting, terminated } = status.state ?? {};
    if (waiting?.reason) reason = waiting.reason;
    else if (terminated !== undefined) reason = terminated.reason || exitText(terminated);
    else if (status.ready && status.state?.running !== undefined) {
      running = true;
      ready++;
    }
  }
  if (reason === "Completed" && running) reason = conditionTrue(pod, "Ready") ? "Running" : "NotReady";
  return { ready, total, reason: terminating(pod) ?? reason, restarts, lastRestartMs };
}

function basicReason(pod: Pod): string {
  const gated = pod.status?.conditions?.some(
    (condition) => condition.type === "PodScheduled" && condition.reason === "SchedulingGated",
  );
  return gated ? "SchedulingGated" : pod.status?.reason || pod.status?.phase || "";
}

function terminating(pod: Pod): string | undefined {
  if (pod.metadata?.deletionTimestamp === undefined) return undefined;
  if (pod.status?.reason === "NodeLost") return "Unknown";
  const finished = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
  return finished ? undefined : "Terminating";
}

const exitText = (terminated: { signal?: number; exitCode: number }) =>
  terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;

function summarizeInit(pod: Pod) {
  const statuses = pod.status?.initContainerStatuses ?? [];
  const result = {
    reason: undefined as string | undefined,
    ready: 0,
    restarts: 0,
    lastRestartMs: Number.NEGATIVE_INFINITY,
    sidecarRestarts: 0,
    sidecarRestartMs: Number.NEGATIVE_INFINITY,
  };
  for (const [index, status] of statuses.entries()) {
    const sidecar = isSidecar(pod, status.name);
    result.restarts += status.restartCount;
    result.lastRestartMs = Math.max(result.lastRestartMs, endedMs(status));
    if (sidecar) {
      result.sidecarRestarts += status.restartCount;
      result.sidecarRestartMs = Math.max(result.sidecarRestartMs, endedMs(status));
    }
    const { waiting, terminated } = status.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecar && status.started === true) {
      if (status.ready) result.ready++;
      continue;
    }
    if (terminated !== undefined) result.reason = `Init:${terminated.reason || exitText(terminated)}`;
    else if (waiting?.reason && waiting.reason !== "PodInitializing") result.reason = `Init:${waiting.reason}`;
    else result.reason = `Init:${index}/${pod.spec?.initContainers?.length ?? 0}`;
    break;
  }
  return result;
}

function restartsText({ restarts, lastRestartMs }: PodSummary, nowMs: number): string {
  if (restarts === 0 || lastRestartMs === Number.NEGATIVE_INFINITY) return `${restarts}`;
  return `${restarts} (${humanDuration(nowMs - lastRestartMs)} ago)`;
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  return `${gates.filter((gate) => conditionTrue(pod, gate.conditionType)).length}/${gates.length}`;
}

export const podColumns: readonly Column<Pod>[] = [
  nameColumn,
  textColumn("Ready", {
    description: "The aggregate readiness state of this pod for accepting traffic.",
    cell: (pod) => {
      const { ready, total } = summarize(pod);
      return `${ready}/${total}`;
    },
  }),
  textColumn("Status", {
    description: "The aggregate status of the containers in this pod.",
    cell: (pod) => summarize(pod).reason,
  }),
  textColumn("Restarts", {
    description:
      "The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.",
    cell: (pod, nowMs) => restartsText(summarize(pod), nowMs),
  }),
  ageColumn,
  textColumn("IP", {
    description: documentation("core.v1.PodStatus.podIP"),
    wide: true,
    cell: (pod) => orNone(pod.status?.podIPs?.[0]?.ip),
  }),
  textColumn("Node", {
    description: documentation("core.v1.PodSpec.nodeName"),
    wide: true,
    cell: (pod) => orNone(pod.spec?.nodeName),
  }),
  textColumn("Nominated Node", {
    description: documentation("core.v1.PodStatus.nominatedNodeName"),
    wide: true,
    cell: (pod) => orNone(pod.status?.nominatedNodeName),
  }),
  textColumn("Readiness Gates", {
    description: documentation("core.v1.PodSpec.readinessGates"),
    wide: true,
    cell: readinessGates,
  }),
];

/** Finished Pods are marked, so that `kubectl get` can leave them out. */
export function podRowConditions(pod: Pod): readonly unknown[] | undefined {
  switch (pod.status?.phase) {
    case "Succeeded":
      return [
        {
          type: "Completed",
          status: "True",
          reason: "Succeeded",
          message: "The pod has completed successfully.",
        },
      ];
    case "Failed":
      return [{ type: "Completed", status: "True", reason: "Failed", message: "The pod failed." }];
    default:
      return undefined;
  }
}
