import type { Container, ContainerStatus, Pod } from "../api/generated/types.ts";
import { isDeleting } from "../api/meta.ts";
import type { EventType } from "../client/event-recorder.ts";
import { backOffStatus, type Exit, isSidecar, runningStatus, terminatedStatus } from "./container-status.ts";
import { crashLoopDelayMs } from "./crash-loop.ts";
import { imageSizeBytes } from "./images.ts";
import { isTerminalPhase, mayRestart } from "./pod-phase.ts";
import { type ContainerStates, containerStates } from "./pod-status.ts";

/** What a transition may know and do. */
export interface TransitionContext {
  readonly pod: Pod;
  /** metav1.Time. */
  readonly now: string;
  /** The pod's address, given to it now if it had none. `undefined`: none is left. */
  podIp(): string | undefined;
  /** Whether the image is on the node; from now on it is. */
  pullImage(image: string): "present" | "pulled";
  readonly exit: Exit;
}

export interface PodEvent {
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
  /** `spec.containers{web}`; absent: the pod as a whole. */
  readonly fieldPath?: string;
}

export interface TransitionOutcome {
  readonly states: ContainerStates;
  readonly events: readonly PodEvent[];
  /** The pod is to be removed from the API. */
  readonly remove?: boolean;
}

/** A step in a pod's life that a kubelet may take. It reads and gives states, and has no memory. */
export interface PodTransition {
  applies(pod: Pod): boolean;
  /** When the pod got into the state in which this applies, as far as its status tells: metav1.Time. */
  since(pod: Pod): string | undefined;
  /** The node takes the pod in with this step, or refuses it. */
  readonly admits?: boolean;
  /** Not before this moment, whatever the stage says; milliseconds since the epoch. */
  earliestMs?(pod: Pod): number;
  /** Not after this moment. */
  latestMs?(pod: Pod): number;
  apply(context: TransitionContext): TransitionOutcome;
}

const isLive = (pod: Pod) => !isDeleting(pod) && !isTerminalPhase(pod.status?.phase);
const hasSandbox = (pod: Pod) => pod.status?.containerStatuses !== undefined;
const neverRan = (status: ContainerStatus) =>
  status.state?.running === undefined &&
  status.state?.terminated === undefined &&
  status.lastState?.terminated === undefined;

/** The pod has been accepted by its node: everything waits. */
const createSandbox: PodTransition = {
  admits: true,
  applies: (pod) => isLive(pod) && !hasSandbox(pod),
  since: (pod) =>
    pod.status?.conditions?.find(({ type }) => type === "PodScheduled")?.lastTransitionTime ??
    pod.metadata?.creationTimestamp ??
    undefined,
  apply: ({ pod }) => ({ states: { ...containerStates(pod), podIp: undefined }, events: [] }),
};

/** The first init container that has not done its part, if all before it have. */
function nextInit(pod: Pod): { container: Container; status: ContainerStatus; index: number } | undefined {
  const states = containerStates(pod);
  for (const [index, container] of (pod.spec?.initContainers ?? []).entries()) {
    const status = states.init[index];
    if (status === undefined) return undefined;
    const isDone = isSidecar(container) ? status.started === true : status.state?.terminated?.exitCode === 0;
    if (!isDone) return { container, status, index };
  }
  return undefined;
}

const startInitContainer: PodTransition = {
  applies(pod) {
    if (!isLive(pod) || !hasSandbox(pod)) return false;
    const next = nextInit(pod);
    return next !== undefined && neverRan(next.status);
  },
  since(pod) {
    const ended = pod.status?.initContainerStatuses?.findLast(({ state }) => state?.terminated !== undefined);
    return ended?.state?.terminated?.finishedAt ?? pod.status?.startTime;
  },
  apply(context) {
    const { pod } = context;
    const states = { ...containerStates(pod), podIp: context.podIp() };
    const next = nextInit(pod);
    if (next === undefined) return { states, events: [] };
    const events = startEvents(context, next.container, `spec.initContainers{${next.container.name}}`);
    const started = runningStatus(pod, next.container, next.status, context.now);
    const init = states.init.with(next.index, { ...started, ready: isSidecar(next.container) });
    return { states: { ...states, init }, events };
  },
};

const completeInitContainer: PodTransition = {
  applies: (pod) => isLive(pod) && nextInit(pod)?.status.state?.running !== undefined,
  since: (pod) => nextInit(pod)?.status.state?.running?.startedAt,
  apply({ pod, now, exit }) {
    const states = containerStates(pod);
    const next = nextInit(pod);
    if (next === undefined) return { states, events: [] };
    const ended = { ...terminatedStatus(next.status, exit, now), ready: exit.exitCode === 0 };
    return { states: { ...states, init: states.init.with(next.index, ended) }, events: [] };
  },
};

const startContainers: PodTransition = {
  applies: (pod) =>
    isLive(pod) && hasSandbox(pod) && nextInit(pod) === undefined && containerStates(pod).containers.some(neverRan),
  since: startInitContainer.since,
  apply(context) {
    const { pod, now } = context;
    const states = containerStates(pod);
    const events: PodEvent[] = [];
    const containers = (pod.spec?.containers ?? []).flatMap((container, index) => {
      const status = states.containers[index];
      if (status === undefined || !neverRan(status)) return status ?? [];
      events.push(...startEvents(context, container, `spec.containers{${container.name}}`));
      return runningStatus(pod, container, status, now);
    });
    return { states: { ...states, containers, podIp: context.podIp() }, events };
  },
};

/** Every running container ends by itself. */
const exitContainers: PodTransition = {
  applies: (pod) => isLive(pod) && containerStates(pod).containers.some(({ state }) => state?.running !== undefined),
  since: (pod) =>
    containerStates(pod)
      .containers.map(({ state }) => state?.running?.startedAt ?? "")
      .toSorted()
      .findLast((startedAt) => startedAt !== ""),
  apply({ pod, now, exit }) {
    const states = containerStates(pod);
    const containers = states.containers.map((status) =>
      status.state?.running === undefined ? status : terminatedStatus(status, exit, now),
    );
    const isOver = containers.every(
      ({ state }, index) =>
        state?.terminated !== undefined && !restarts(pod, pod.spec?.containers[index], state.terminated.exitCode),
    );
    // Sidecars serve the others, and end when there are none left to serve.
    const init = isOver ? endSidecars(pod, states.init, now) : states.init;
    return { states: { ...states, init, containers }, events: [] };
  },
};

const restarts = (pod: Pod, container: Container | undefined, exitCode: number) =>
  container !== undefined && mayRestart(pod, container, exitCode);

interface Ended {
  readonly list: "init" | "containers";
  readonly index: number;
  readonly container: Container;
  readonly status: ContainerStatus;
}

/** Containers that have ended and will be started again. */
function restartable(pod: Pod): readonly Ended[] {
  const states = containerStates(pod);
  const found: Ended[] = [];
  const collect = (list: Ended["list"], containers: readonly Container[]) => {
    for (const [index, container] of containers.entries()) {
      const status = states[list][index];
      if (status === undefined || status.state?.running !== undefined) continue;
      const ended = status.state?.terminated ?? status.lastState?.terminated;
      if (ended === undefined) continue;
      const isInit = list === "init" && !isSidecar(container);
      const again = isInit
        ? ended.exitCode !== 0 && pod.spec?.restartPolicy !== "Never"
        : mayRestart(pod, container, ended.exitCode);
      if (again) found.push({ list, index, container, status });
    }
  };
  collect("init", pod.spec?.initContainers ?? []);
  collect("containers", pod.spec?.containers ?? []);
  return found;
}

const endedAt = ({ status }: Ended) => (status.state?.terminated ?? status.lastState?.terminated)?.finishedAt ?? "";

const restartDueMs = (ended: Ended) => Date.parse(endedAt(ended)) + crashLoopDelayMs(ended.status.restartCount);

/** A container that has failed before waits for its next start. */
const backOff: PodTransition = {
  applies: (pod) => isLive(pod) && restartable(pod).some(isFreshFailure),
  since: (pod) => restartable(pod).filter(isFreshFailure).map(endedAt)[0],
  apply({ pod }) {
    let states = containerStates(pod);
    const events: PodEvent[] = [];
    const { name, namespace, uid } = pod.metadata ?? {};
    for (const { list, index, container, status } of restartable(pod).filter(isFreshFailure)) {
      const seconds = crashLoopDelayMs(status.restartCount) / 1000;
      const subject = `container=${container.name} pod=${name}_${namespace}(${uid})`;
      const waiting = backOffStatus(status, `back-off ${goDuration(seconds)} restarting failed ${subject}`);
      states = { ...states, [list]: states[list].with(index, waiting) };
      events.push({
        type: "Warning",
        reason: "BackOff",
        message: `Back-off restarting failed container ${container.name} in pod ${name}_${namespace}(${uid})`,
        fieldPath: fieldPathOf(list, container),
      });
    }
    return { states, events };
  },
};

const isFreshFailure = ({ status }: Ended) => status.state?.terminated !== undefined && status.restartCount > 0;

const restartContainer: PodTransition = {
  applies: (pod) => isLive(pod) && restartable(pod).some((ended) => !isFreshFailure(ended)),
  since: (pod) => restartable(pod).map(endedAt)[0],
  earliestMs: (pod) =>
    Math.min(
      ...restartable(pod)
        .filter((ended) => !isFreshFailure(ended))
        .map(restartDueMs),
    ),
  apply(context) {
    const { pod, now } = context;
    let states = containerStates(pod);
    const candidates = restartable(pod).filter((ended) => !isFreshFailure(ended));
    const first = candidates.toSorted((a, b) => restartDueMs(a) - restartDueMs(b))[0];
    if (first === undefined) return { states, events: [] };
    const { list, index, container, status } = first;
    states = { ...states, [list]: states[list].with(index, runningStatus(pod, container, status, now)) };
    return { states, events: startEvents(context, container, fieldPathOf(list, container)) };
  },
};

/** The pod is being deleted: whatever runs is stopped. */
const stopContainers: PodTransition = {
  applies: (pod) => isDeleting(pod) && !isTerminalPhase(pod.status?.phase),
  since(pod) {
    const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata ?? {};
    if (deletionTimestamp === undefined) return undefined;
    return new Date(Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000).toISOString();
  },
  latestMs: (pod) => Date.parse(pod.metadata?.deletionTimestamp ?? ""),
  apply({ pod, now, exit }) {
    const states = containerStates(pod);
    const stop = (status: ContainerStatus): ContainerStatus => {
      if (status.state?.running !== undefined) return terminatedStatus(status, exit, now);
      if (status.state?.terminated !== undefined) return status;
      const last = status.lastState?.terminated;
      if (last !== undefined) return { ...status, state: { terminated: last } };
      return terminatedStatus(status, neverStarted, now);
    };
    const events = states.containers
      .filter(({ state }) => state?.running !== undefined)
      .map(
        ({ name }): PodEvent => ({
          type: "Normal",
          reason: "Killing",
          message: `Stopping container ${name}`,
          fieldPath: `spec.containers{${name}}`,
        }),
      );
    const init = states.init.map((status) => (status.state?.terminated === undefined ? stop(status) : status));
    return { states: { ...states, init, containers: states.containers.map(stop) }, events };
  },
};

const neverStarted: Exit = {
  exitCode: 137,
  reason: "ContainerStatusUnknown",
  message: "The container could not be located when the pod was terminated",
};

/** Nothing of the pod is left on its node. */
const removePod: PodTransition = {
  // A grace period of 0 says that the API has been told already and waits for finalizers.
  applies: (pod) =>
    isDeleting(pod) && isTerminalPhase(pod.status?.phase) && pod.metadata?.deletionGracePeriodSeconds !== 0,
  since: (pod) => pod.status?.containerStatuses?.[0]?.state?.terminated?.finishedAt,
  apply: ({ pod }) => ({ states: containerStates(pod), events: [], remove: true }),
};

/** Every step a stage file may name. */
export const podTransitions = {
  createSandbox,
  startInitContainer,
  completeInitContainer,
  startContainers,
  exitContainers,
  backOff,
  restartContainer,
  stopContainers,
  removePod,
} as const satisfies Record<string, PodTransition>;

export type TransitionName = keyof typeof podTransitions;

function endSidecars(pod: Pod, init: readonly ContainerStatus[], now: string): readonly ContainerStatus[] {
  return init.map((status, index) => {
    const container = pod.spec?.initContainers?.[index];
    const runs = container !== undefined && isSidecar(container) && status.state?.running !== undefined;
    return runs ? terminatedStatus(status, { exitCode: 0 }, now) : status;
  });
}

const fieldPathOf = (list: Ended["list"], container: Container) =>
  `spec.${list === "init" ? "initContainers" : "containers"}{${container.name}}`;

/** Pulling, Pulled, Created, Started: what a kubelet says when it starts a container. */
function startEvents(context: TransitionContext, container: Container, fieldPath: string): readonly PodEvent[] {
  const image = container.image ?? "";
  const normal = (reason: string, message: string): PodEvent => ({ type: "Normal", reason, message, fieldPath });
  const wasPresent = context.pullImage(image) === "present";
  const pulls = !wasPresent || container.imagePullPolicy === "Always";
  const seconds = (imageSizeBytes(image) / (wasPresent ? 2e9 : 1e8)).toFixed(3);
  const pulled = pulls
    ? [
        normal("Pulling", `Pulling image "${image}"`),
        normal(
          "Pulled",
          `Successfully pulled image "${image}" in ${seconds}s (${seconds}s including waiting). Image size: ${imageSizeBytes(image)} bytes.`,
        ),
      ]
    : [normal("Pulled", `Container image "${image}" already present on machine and can be accessed by the pod`)];
  return [...pulled, normal("Created", "Container created"), normal("Started", "Container started")];
}

/** `10s`, `2m40s`, `5m0s`. */
function goDuration(seconds: number): string {
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
