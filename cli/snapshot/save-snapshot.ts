import { statSync } from "node:fs";
import type { EtcdStatusAnswer } from "../../apiserver/etcd-admin/answers.ts";
import { ConnectionError } from "../../client/connection-error.ts";
import type { Clock } from "../../component-base/clock.ts";
import { currentRevision } from "../../etcd/snapshot/current-revision.ts";
import { openForReading } from "../../etcd/snapshot/random-access.ts";
import type { EtcdGateway } from "../etcd/gateway.ts";
import { UserError } from "../user-error.ts";
import { verified } from "./verified.ts";
import { writeWholeFile } from "./write-whole-file.ts";

/** How long the gateway may send nothing; it gives etcd up sooner. */
const STALL_MS = 60_000;

export interface SaveOptions {
  readonly file: string;
  /** Whose database it is; default the leader's. */
  readonly member?: string;
  /** What is written instead of what comes: the same, encrypted. */
  readonly seal?: (plain: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
  /** @param total - about so many bytes there will be */
  readonly onProgress?: (done: number, total: number) => void;
  /** Something that should be known about the snapshot: a sentence. */
  readonly warn?: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface SavedSnapshot {
  /** Of the file. */
  readonly sizeBytes: number;
  /** Where etcd was; of a file that was encrypted: where it was at least. */
  readonly revision: string;
  readonly durationMs: number;
}

/**
 * Takes a snapshot through the gateway: verified against the checksum that etcd sends at its end, and on the disk when this
 * resolves. On failure no file is left.
 *
 * @throws UserError, StatusError, ConnectionError
 */
export async function saveSnapshot(
  gateway: EtcdGateway,
  options: SaveOptions,
  deps: { readonly clock: Clock },
): Promise<SavedSnapshot> {
  const { file, member, seal = (plain) => plain, warn, signal } = options;
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) throw new UserError(`${file} is a folder`);
  const startedMs = deps.clock.monotonicMs();
  const status = await gateway.ask<EtcdStatusAnswer>("GET", "status");
  if (status.cluster.leader === "") {
    warn?.("etcd has no leader: the snapshot is what one member holds, and that may not be all that was acknowledged");
  }
  const total = sizeOf(status, member);
  const path = member === undefined ? "snapshot" : `snapshot?member=${encodeURIComponent(member)}`;
  const stalled = new AbortController();
  const { body } = await gateway.stream(path, { signal: AbortSignal.any([signal, stalled.signal]) });
  const pieces = watched(body, { stalled, total, onProgress: options.onProgress }, deps.clock);
  const check = options.seal === undefined ? revisionIn : () => status.cluster.revision;
  const revision = await writeWholeFile(file, seal(verified(pieces)), { check }).catch((error: unknown) => {
    if (!(error instanceof ConnectionError) || error.code !== "reset") throw error;
    throw new UserError("the snapshot broke off: etcd or the gateway went away; nothing was saved", { cause: error });
  });
  return { sizeBytes: statSync(file).size, revision, durationMs: deps.clock.monotonicMs() - startedMs };
}

function sizeOf({ members }: EtcdStatusAnswer, name: string | undefined): number {
  const source = members.find((member) => (name === undefined ? member.isLeader : member.name === name));
  return source?.dbSize ?? Math.max(0, ...members.map(({ dbSize = 0 }) => dbSize));
}

/** Tells how far it is, and gives up when nothing comes any more. */
async function* watched(
  source: AsyncIterable<Uint8Array>,
  options: {
    readonly stalled: AbortController;
    readonly total: number;
    readonly onProgress: SaveOptions["onProgress"];
  },
  clock: Clock,
): AsyncGenerator<Uint8Array> {
  const giveUp = () => options.stalled.abort(new UserError(`nothing came from the gateway for ${STALL_MS / 1000} s`));
  let timer = clock.setTimer(STALL_MS, giveUp);
  let done = 0;
  try {
    for await (const piece of source) {
      timer.cancel();
      done += piece.length;
      options.onProgress?.(done, options.total);
      yield piece;
      timer = clock.setTimer(STALL_MS, giveUp);
    }
  } finally {
    timer.cancel();
  }
}

function revisionIn(path: string): string {
  const file = openForReading(path);
  try {
    return currentRevision(file).toString();
  } finally {
    file.close();
  }
}
