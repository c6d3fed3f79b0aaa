import type { ContainerState, ContainerStatus, Pod, PodCondition, PodStatus } from "../../api/generated/types.ts";
import type { ProcessExit, ProcessInfo } from "../../component-base/process-table.ts";
import { hexDigest } from "../hash.ts";
import { canonicalImage, imageId } from "../images.ts";
import type { StaticPod } from "./mirror-pod.ts";

export interface StatusFacts {
  readonly hostIp: string;
  readonly nowMs: number;
  readonly earlier: EarlierLife;
}

/** What a Pod had to tell before this control plane was started. */
export interface EarlierLife {
  readonly restarts: number;
  /** How the last container of then ended. */
  readonly lastState: ContainerState;
}

/** The status of a process's Pod: nothing of it is made up but for the identifiers. */
export function mirrorStatus(pod: StaticPod, existing: Readonly<Pod>, facts: StatusFacts): PodStatus {
  const { process } = pod;
  const ready = process.state === "running";
  const before = existing.status?.conditions ?? [];
  const conditions = [
    condition("PodReadyToStartContainers", true),
    condition("Initialized", true),
    condition("Ready", ready),
    condition("ContainersReady", ready),
    condition("PodScheduled", true),
  ].map((wanted) => withTransition(wanted, before, facts.nowMs));
  const ip = { ip: facts.hostIp };
  return {
    phase: "Running",
    conditions,
    hostIP: facts.hostIp,
    hostIPs: [ip],
    podIP: facts.hostIp,
    podIPs: [ip],
    startTime: existing.status?.startTime ?? time(process.startedAtMs || facts.nowMs),
    containerStatuses: [containerStatus(pod, existing, facts)],
  };

  function condition(type: string, holds: boolean): PodCondition {
    if (holds) return { type, status: "True" };
    const message = `containers with unready status: [${pod.role.name}]`;
    return { type, status: "False", reason: "ContainersNotReady", message };
  }
}

function withTransition(wanted: PodCondition, before: readonly PodCondition[], nowMs: number): PodCondition {
  const known = before.find(({ type, status }) => type === wanted.type && status === wanted.status);
  return { ...wanted, lastTransitionTime: known?.lastTransitionTime ?? time(nowMs) };
}

function containerStatus(pod: StaticPod, existing: Readonly<Pod>, facts: StatusFacts): ContainerStatus {
  const { process, role, spec } = pod;
  const image = spec.containers[0]?.image ?? "";
  const restartCount = facts.earlier.restarts + process.restarts;
  const { lastExit } = process;
  // One that was ended on purpose has no exit of its own.
  const wasEnded = process.state === "stopped" && (lastExit === undefined || lastExit.atMs < process.startedAtMs);
  const endedAtMs = since(existing, "Ready", "False") ?? facts.nowMs;
  const exit = wasEnded
    ? { reason: "", exitCode: 0, atMs: endedAtMs, startedAtMs: process.startedAtMs || endedAtMs }
    : lastExit;
  const ended = exit === undefined ? undefined : terminated(pod, exit);
  const lastState = later(ended, toldBefore(existing)) ?? facts.earlier.lastState;
  const isUp = process.state === "running";
  return {
    name: role.name,
    state: currentState(pod, ended),
    lastState: process.state === "stopped" ? {} : lastState,
    ready: isUp,
    started: isUp,
    restartCount,
    image: canonicalImage(image),
    imageID: imageId(image),
    containerID: containerId(process, process.startedAtMs),
  };
}

/** The last end of a container that the Pod tells of: it knows also of those that were ended on purpose. */
function toldBefore({ status }: Readonly<Pod>): ContainerState | undefined {
  const told = status?.containerStatuses?.[0];
  return told?.state?.terminated === undefined ? told?.lastState : { terminated: told.state.terminated };
}

function later(a: ContainerState | undefined, b: ContainerState | undefined): ContainerState | undefined {
  const endOf = (state: ContainerState | undefined) => state?.terminated?.finishedAt ?? "";
  return endOf(b) > endOf(a) ? b : a;
}

function currentState(pod: StaticPod, ended: ContainerState | undefined): ContainerState {
  const { process, role, name } = pod;
  if (process.state === "running") return { running: { startedAt: time(process.startedAtMs) } };
  if (process.state === "stopped" && ended !== undefined) return ended;
  if (ended === undefined) return { waiting: { reason: "ContainerCreating" } };
  const message = `back-off restarting failed container=${role.name} pod=${name}_kube-system`;
  return { waiting: { reason: "CrashLoopBackOff", message } };
}

function terminated({ process }: StaticPod, exit: ProcessExit): ContainerState {
  const startedAtMs = exit.startedAtMs ?? exit.atMs;
  return {
    terminated: {
      exitCode: exit.exitCode,
      reason: exit.exitCode === 0 ? "Completed" : "Error",
      ...(exit.reason !== "" && { message: exit.reason }),
      startedAt: time(startedAtMs),
      finishedAt: time(exit.atMs),
      containerID: containerId(process, startedAtMs),
    },
  };
}

/** Every run is a container of its own. */
const containerId = ({ name }: ProcessInfo, startedAtMs: number) =>
  `containerd://${hexDigest(`${name} ${startedAtMs}`)}`;

function since(pod: Readonly<Pod>, type: string, status: string): number | undefined {
  const known = pod.status?.conditions?.find((condition) => condition.type === type && condition.status === status);
  return known?.lastTransitionTime ? Date.parse(known.lastTransitionTime) : undefined;
}

const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
