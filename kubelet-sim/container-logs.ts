import type { ContainerStatus, Pod } from "../api/generated/types.ts";
import { nameOf, namespaceOf, uidOf } from "../api/meta.ts";
import type { Clock } from "../component-base/clock.ts";
import { type ContainerRun, lineAt, lineCount, selectLines } from "./log-lines.ts";

export type LogAnswer =
  | { readonly kind: "refused"; readonly statusCode: 400 | 404; readonly message: string }
  | {
      readonly kind: "lines";
      /** The text, whole lines at a time; ends with the container, the byte limit or the signal. */
      readonly pieces: (options: { signal: AbortSignal }) => AsyncIterable<string>;
    };

/** The log of a container, as the parameters of `pods/log` ask for it. */
export function logAnswer(pod: Pod, container: string, parameters: URLSearchParams, clock: Clock): LogAnswer {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const status = statuses.find(({ name }) => name === container);
  const podName = nameOf(pod);
  if (status === undefined) {
    return refused(`container "${container}" in pod "${podName}" is not available`);
  }
  const previous = parameters.get("previous") === "true";
  const run = previous ? previousRun(pod, status) : currentRun(pod, status);
  if (run === undefined && previous) {
    return refused(`previous terminated container "${container}" in pod "${podName}" not found`);
  }
  if (run === undefined) {
    const reason = status.state?.waiting?.reason ?? "ContainerCreating";
    return refused(`container "${container}" in pod "${podName}" is waiting to start: ${reason}`);
  }
  const numbers = {
    tailLines: wholeNumber(parameters.get("tailLines")),
    limitBytes: wholeNumber(parameters.get("limitBytes")),
    sinceSeconds: wholeNumber(parameters.get("sinceSeconds")),
  };
  const { tailLines, limitBytes = Number.POSITIVE_INFINITY, sinceSeconds } = numbers;
  const sinceTime = parameters.get("sinceTime");
  const nowMs = clock.now();
  const sinceMs =
    sinceSeconds !== undefined ? nowMs - sinceSeconds * 1000 : sinceTime === null ? undefined : Date.parse(sinceTime);
  const range = selectLines(run, { nowMs, tailLines, sinceMs });
  return {
    kind: "lines",
    pieces: (options) =>
      pieces(run, range.from, {
        clock,
        limitBytes,
        follow: parameters.get("follow") === "true",
        timestamps: parameters.get("timestamps") === "true",
        ...options,
      }),
  };
}

interface PieceOptions {
  readonly clock: Clock;
  readonly limitBytes: number;
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly signal: AbortSignal;
}

const linesPerPiece = 500;

async function* pieces(run: ContainerRun, from: number, options: PieceOptions): AsyncGenerator<string, void, void> {
  const { clock, follow, timestamps, signal } = options;
  let bytesLeft = options.limitBytes;
  for (let next = from; bytesLeft > 0 && !signal.aborted; ) {
    const written = lineCount(run, clock.now());
    const to = Math.min(written, next + linesPerPiece);
    let text = "";
    for (; next < to; next++) {
      const line = lineAt(run, next);
      text += timestamps ? `${logTimestamp(line.atMs)} ${line.text}\n` : `${line.text}\n`;
    }
    if (text !== "") {
      const piece = text.length > bytesLeft ? text.slice(0, bytesLeft) : text;
      bytesLeft -= piece.length;
      yield piece;
    }
    if (next < written) continue;
    if (!follow || run.finishedMs !== undefined) return;
    const waitMs = lineAt(run, next).atMs - clock.now();
    await clock.sleep(Math.max(waitMs, 1), { signal }).catch(() => undefined);
  }
}

function currentRun(pod: Pod, status: ContainerStatus): ContainerRun | undefined {
  const { running, terminated } = status.state ?? {};
  const ended = terminated ?? (running === undefined ? status.lastState?.terminated : undefined);
  const startedAt = running?.startedAt ?? ended?.startedAt;
  if (!startedAt) return undefined;
  return { ...identity(pod, status), startedMs: Date.parse(startedAt), finishedMs: moment(ended?.finishedAt) };
}

function previousRun(pod: Pod, status: ContainerStatus): ContainerRun | undefined {
  const ended = status.lastState?.terminated;
  if (!ended?.startedAt) return undefined;
  return {
    ...identity(pod, status),
    restartCount: Math.max(0, status.restartCount - 1),
    startedMs: Date.parse(ended.startedAt),
    finishedMs: moment(ended.finishedAt),
  };
}

function identity(pod: Pod, status: ContainerStatus): Omit<ContainerRun, "startedMs" | "finishedMs"> {
  return {
    namespace: namespaceOf(pod),
    pod: nameOf(pod),
    podUid: uidOf(pod),
    container: status.name,
    image: status.image,
    node: pod.spec?.nodeName ?? "",
    restartCount: status.restartCount,
  };
}

const refused = (message: string): LogAnswer => ({ kind: "refused", statusCode: 400, message });

const moment = (text: string | undefined) => (text ? Date.parse(text) : undefined);

/** `2026-01-02T03:04:05.678000000Z`. */
const logTimestamp = (ms: number) => `${new Date(ms).toISOString().slice(0, -1)}000000Z`;

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}
