import type { TransactionRecord } from "../storage/observer.ts";
import type { Recorder } from "./recorder.ts";

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
 * What the recorder knows of some objects, as a chain of causes. A step's cause is the newest earlier step that its sender
 * had been told of: by the revision it said it had seen, otherwise by who was handed what before the request began.
 *
 * @param options.keys - storage keys: the object's own, and its owners'
 * @param options.about - tells that a key, such as an Event's, belongs to the story too
 * @param options.wallMs - turns the recorder's times into wall time
 */
export function buildTrace(
  recorder: Recorder,
  options: {
    keys: ReadonlySet<string>;
    about: (storageKey: string) => boolean;
    wallMs: (monotonicMs: number) => number;
  },
): Trace | undefined {
  const records = [...recorder.transactions()]
    .filter(({ storageKey }) => options.keys.has(storageKey) || options.about(storageKey))
    .sort((left, right) => (left.revision < right.revision ? -1 : 1));
  const first = records[0];
  if (first === undefined) return undefined;
  const startMs = requestOf(recorder, first)?.startedMs ?? first.sentMs;
  const tellings = new Map(records.map((record) => [record.revision, recorder.told(record.revision)]));
  const steps = records.map((record, index) => step(recorder, record, records.slice(0, index), tellings, startMs));
  return { startedAt: new Date(options.wallMs(startMs)).toISOString(), steps };
}

type Tellings = ReadonlyMap<bigint, ReturnType<Recorder["told"]>>;

function requestOf(recorder: Recorder, record: TransactionRecord) {
  return record.requestId === undefined ? undefined : recorder.request(record.requestId);
}

function step(
  recorder: Recorder,
  record: TransactionRecord,
  earlier: readonly TransactionRecord[],
  tellings: Tellings,
  startMs: number,
): TraceStep {
  const request = requestOf(recorder, record);
  const cause = request === undefined ? undefined : causeOf(request, earlier, tellings);
  const relative = (atMs: number) => Math.round((atMs - startMs) * 1000) / 1000;
  return {
    storageKey: record.storageKey,
    operation: record.operation,
    revision: String(record.revision),
    ...(cause !== undefined && { cause: String(cause) }),
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
    etcd: { sentMs: relative(record.sentMs), answeredMs: relative(record.answeredMs) },
    told: (tellings.get(record.revision) ?? []).map(({ watch, atMs }) => ({
      user: watch.user.name,
      userAgent: watch.userAgent,
      atMs: relative(atMs),
    })),
  };
}

function causeOf(
  request: { user: { name: string }; seenRevision: string; startedMs: number },
  earlier: readonly TransactionRecord[],
  tellings: Tellings,
): bigint | undefined {
  const seen = /^\d+$/.test(request.seenRevision) ? BigInt(request.seenRevision) : undefined;
  for (const record of earlier.toReversed()) {
    if (seen !== undefined && record.revision > seen) continue;
    const told = tellings.get(record.revision) ?? [];
    const knew = told.some(({ watch, atMs }) => watch.user.name === request.user.name && atMs <= request.startedMs);
    if (knew) return record.revision;
  }
  return undefined;
}
