import type { Container, ContainerStatus, Pod } from "../api/generated/types.ts";
import { hexDigest } from "./hash.ts";
import { canonicalImage, imageId } from "./images.ts";

/** A container that runs on beside the others although it stands among the init containers. */
export const isSidecar = (container: Container) => container.restartPolicy === "Always";

/** What is reported of a container before its first start. */
export function waitingStatus(container: Container, reason: string): ContainerStatus {
  return {
    name: container.name,
    state: { waiting: { reason } },
    lastState: {},
    ready: false,
    restartCount: 0,
    image: container.image ?? "",
    imageID: "",
    started: false,
  };
}

/** The container has started, once more if it ran before. */
export function runningStatus(pod: Pod, container: Container, previous: ContainerStatus, now: string): ContainerStatus {
  const ended = previous.state?.terminated ?? previous.lastState?.terminated;
  const restartCount = ended === undefined ? previous.restartCount : previous.restartCount + 1;
  const image = container.image ?? "";
  const identity = `${pod.metadata?.uid}/${container.name}/${restartCount}`;
  const resources = container.resources ?? {};
  return {
    name: container.name,
    state: { running: { startedAt: now } },
    lastState: ended === undefined ? {} : { terminated: ended },
    ready: true,
    restartCount,
    image: canonicalImage(image),
    imageID: imageId(image),
    containerID: `containerd://${hexDigest(identity)}`,
    started: true,
    ...(resources.requests !== undefined && { allocatedResources: resources.requests }),
    resources,
    ...(container.volumeMounts !== undefined && {
      volumeMounts: container.volumeMounts.map(({ name, mountPath, readOnly }) => ({
        name,
        mountPath,
        ...(readOnly === true && { readOnly, recursiveReadOnly: "Disabled" }),
      })),
    }),
    user: { linux: { uid: 0, gid: 0, supplementalGroups: [0] } },
  };
}

export interface Exit {
  readonly exitCode: number;
  /** Default `Completed` or `Error`, by the exit code. */
  readonly reason?: string;
  readonly message?: string;
}

/** The container has ended. One that never ran ends without an identifier, as when its pod is deleted before it starts. */
export function terminatedStatus(status: ContainerStatus, exit: Exit, now: string): ContainerStatus {
  const { exitCode, reason = exitCode === 0 ? "Completed" : "Error", message } = exit;
  const startedAt = status.state?.running?.startedAt ?? now;
  return {
    ...status,
    state: {
      terminated: {
        exitCode,
        reason,
        ...(message !== undefined && { message }),
        startedAt,
        finishedAt: now,
        ...(status.containerID !== undefined && { containerID: status.containerID }),
      },
    },
    ready: false,
    started: false,
  };
}

/** The container waits for its next start. */
export function backOffStatus(status: ContainerStatus, message: string): ContainerStatus {
  const ended = status.state?.terminated;
  return {
    ...status,
    state: { waiting: { reason: "CrashLoopBackOff", message } },
    lastState: ended === undefined ? (status.lastState ?? {}) : { terminated: ended },
    ready: false,
    started: false,
  };
}
