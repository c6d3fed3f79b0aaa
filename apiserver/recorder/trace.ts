import type { FinishedRequest } from "../http/observer.ts";
import type { ChangeRecord, Recorder } from "./recorder.ts";

/** One transaction on an object, with who asked for it, who was told, and what it came from. Times: ms since `startedAt`. */
export interface TraceStep {
  readonly storageKey: string;
  readonly operation: "create" | "update" | "delete";
  readonly revision: string;
  /** The revision of the step that led to this one; absent for a first cause. */
  readonly cause?: string;
  readonly request?: {
    readonly id: string;
    readonly user: string;
    readonly userAgent: string;
    readonly verb: string;
    readonly path: string;
    readonly code: number;
    /** What the sender said it had seen. */
    readonly seenRevision?: string;
    readonly startMs: number;
    readonly endMs: number;
  };
  /** Not made by this gateway; `etcd` then says when it was seen. */
  readonly foreign?: true;
  readonly etcd: { readonly sentMs: number; readonly answeredMs: number };
  readonly told: readonly { readonly user: string; readonly userAgent: string; readonly atMs: number }[];
}

export interface Trace {
  /** Wall time of the first step, RFC 3339 with milliseconds. */
  readonly startedAt: string;
  /** In revision order; causes come before their effects. */
  readonly steps: readonly TraceStep[];
}

/**
 * What the recorder knows of one object, as a chain of causes: every step on it and on what is about it, with the steps on
 * its owners that led there. A step's cause is the newest earlier step on the same object or its owner that the sender had
 * been told of, or had made itself, when it began: no newer than the revision it said it had seen, if it said so. Events
 * and a sender's own status writes cause nothing: they report.
 *
 * @param options.chain - storage keys: the object's own first, then its controlling owners upwards
 * @param options.about - tells that a key, such as an Event's, belongs to the object's story too
 * @param options.wallMs - turns the recorder's times into wall time
 */
export function buildTrace(
  recorder: Recorder,
  options: {
    chain: readonly string[];
    about: (storageKey: string) => boolean;
    wallMs: (monotonicMs: number) => number;
  },
): Trace | undefined {
  const { chain, about } = options;
  const known: Known[] = [];
  for (const record of [...recorder.transactions()].sort((left, right) => (left.revision < right.revision ? -1 : 1))) {
    const isReport = about(record.storageKey);
    const level = isReport ? 0 : chain.indexOf(record.storageKey);
    if (level < 0) continue;
    const request = record.requestId === undefined ? undefined : recorder.request(record.requestId);
    const entry = { record, level, isReport, request, told: recorder.told(record.revision) };
    known.push({ ...entry, cause: request === undefined ? undefined : causeOf(entry, request, known) });
  }
  const story = withCauses(known.filter((entry) => entry.level === 0));
  const first = story[0];
  if (first === undefined) return undefined;
  const startMs = first.request?.startedMs ?? first.record.sentMs;
  return {
    startedAt: new Date(options.wallMs(startMs)).toISOString(),
    steps: story.map((entry) => step(entry, startMs)),
  };
}

/** A transaction with all that is known about it. */
interface Known {
  readonly record: ChangeRecord;
  /** 0: the object itself, 1: its owner, and so on. */
  readonly level: number;
  /** On something about the object, such as an Event: nothing comes of it. */
  readonly isReport: boolean;
  readonly request: FinishedRequest | undefined;
  readonly told: ReturnType<Recorder["told"]>;
  readonly cause: Known | undefined;
}

function causeOf(
  effect: Pick<Known, "level" | "record">,
  request: FinishedRequest,
  earlier: readonly Known[],
): Known | undefined {
  const sender = request.user.name;
  const seen = /^\d+$/.test(request.seenRevision) ? BigInt(request.seenRevision) : undefined;
  return earlier.findLast(({ record, level, isReport, request: prior, told }) => {
    if (isReport) return false;
    const related = level === effect.level || level === effect.level + 1;
    if (!related || (seen !== undefined && record.revision > seen)) return false;
    const own = prior?.user.name === sender;
    if (own && prior.path.endsWith("/status")) return false;
    const made = own && prior.endedMs <= request.startedMs;
    return made || told.some(({ watch, atMs }) => watch.user.name === sender && atMs <= request.startedMs);
  });
}

/** Those entries and all that led to them, in revision order. */
function withCauses(entries: readonly Known[]): Known[] {
  const wanted = new Set<Known>();
  for (const entry of entries) {
    for (let at: Known | undefined = entry; at !== undefined && !wanted.has(at); at = at.cause) wanted.add(at);
  }
  return [...wanted].sort((left, right) => (left.record.revision < right.record.revision ? -1 : 1));
}

function step({ record, request, told, cause }: Known, startMs: number): TraceStep {
  const relative = (atMs: number) => Math.round((atMs - startMs) * 1000) / 1000;
  return {
    storageKey: record.storageKey,
    operation: record.operation,
    revision: String(record.revision),
    ...(cause !== undefined && { cause: String(cause.record.revision) }),
    ...(request !== undefined && {
      request: {
        id: request.requestId,
        user: request.user.name,
        userAgent: request.userAgent,
        verb: request.verb,
        path: request.path,
        code: request.code,
        ...(request.seenRevision !== "" && { seenRevision: request.seenRevision }),
        startMs: relative(request.startedMs),
        endMs: relative(request.endedMs),
      },
    }),
    ...(record.foreign === true && { foreign: true }),
    etcd: { sentMs: relative(record.sentMs), answeredMs: relative(record.answeredMs) },
    told: told.map(({ watch, atMs }) => ({
      user: watch.user.name,
      userAgent: watch.userAgent,
      atMs: relative(atMs),
    })),
  };
}
