import { existsSync } from "node:fs";
import { join } from "node:path";
import type { EtcdBinary } from "../find.ts";
import { currentRevision, later } from "./current-revision.ts";
import { diffStates, type KnownKey, type StateDifference } from "./diff-states.ts";
import { finishExchange, memberFolders, type SetAside } from "./exchange.ts";
import { openForReading, type RandomAccess } from "./random-access.ts";
import { type RestoredMember, type RestoreMembersDeps, restoreMembers } from "./restore-members.ts";
import { findRestoreTool } from "./restore-tool.ts";
import { SnapshotFileError } from "./snapshot-file-error.ts";
import { readState } from "./state.ts";
import { type SnapshotStatus, snapshotStatus } from "./status.ts";

export interface RestoreInput {
  /** A snapshot, or a plain copy of a stopped member's `member/snap/db`; not encrypted. */
  readonly file: string;
  /** Holds one folder for each member; a plan of their ports is none of this function's business. */
  readonly dataDir: string;
  readonly members: readonly RestoredMember[];
  readonly binary: Pick<EtcdBinary, "path" | "version">;
  /** What gateways last knew; default what the old member's database holds that is furthest ahead. */
  readonly known?: readonly KnownKey[];
  /** The highest revision that a gateway has seen, if one could be asked. */
  readonly knownRevision?: bigint;
  /** By how much the revision is to rise above every one that is known; default as `roomFor` says. */
  readonly bumpBy?: bigint;
  /** What keys of objects start with; default `/registry`. */
  readonly prefix?: string;
}

export interface RestoreReport {
  readonly snapshot: SnapshotStatus;
  /** Where etcd will start; every earlier revision is answered with "compacted". */
  readonly revision: bigint;
  readonly setAside: readonly SetAside[];
  /** Whose knowledge the snapshot was compared with: `gateways`, the name of a member, or nobody's. */
  readonly comparedWith: string | undefined;
  /** Absent when nobody knew anything. */
  readonly undone?: StateDifference;
}

/** What old data knows: the database of the member that is furthest ahead. */
interface OldData {
  readonly member: string;
  readonly revision: bigint;
}

/**
 * What can be known before anything is stopped for a restore: that etcd's tool is there, and that the file is sound.
 * @throws SnapshotFileError, RestoreError
 */
export async function checkRestore(
  { file: path, binary }: Pick<RestoreInput, "file" | "binary">,
  deps: Pick<RestoreMembersDeps, "environment">,
  options: { readonly signal: AbortSignal },
): Promise<void> {
  await findRestoreTool(binary, { ...deps, ...options });
  const file = openForReading(path);
  try {
    await snapshotStatus(file, options);
  } finally {
    file.close();
  }
}

/**
 * Takes a cluster back to a snapshot, on files alone: checks the file, makes the folders of all members, sets the old ones aside,
 * and says what that undid. No member and no gateway may be running.
 *
 * @throws SnapshotFileError, RestoreError; everything is as it was then
 */
export async function restore(
  input: RestoreInput,
  deps: RestoreMembersDeps & { readonly say: (line: string) => void },
  options: { readonly signal: AbortSignal },
): Promise<RestoreReport> {
  const { dataDir, members, binary, prefix = "/registry" } = input;
  finishExchange(dataDir);
  const tool = await findRestoreTool(binary, { ...deps, ...options });
  const file = openForReading(input.file);
  try {
    const snapshot = await snapshotStatus(file, { prefix, ...options });
    const old = furthestAhead(dataDir, deps.say);
    const known = input.known?.map(({ revision }) => revision) ?? [];
    const newest = [...known, old?.revision ?? 0n, input.knownRevision ?? 0n].reduce(later, snapshot.currentRevision);
    const revision = newest + (input.bumpBy ?? roomFor(input, old));
    const comparison = await compare(file, input, { old, say: deps.say }, options);
    const setAside = await restoreMembers(
      { file: input.file, kind: snapshot.kind, dataDir, members, tool, from: snapshot.revision, to: revision },
      deps,
      options,
    );
    return { snapshot, revision, setAside, ...comparison };
  } finally {
    file.close();
  }
}

/** Says what the snapshot undoes of what gateways knew, or else of what the old data holds. */
async function compare(
  after: RandomAccess,
  { known, dataDir, prefix = "/registry" }: RestoreInput,
  deps: { readonly old: OldData | undefined; readonly say: (line: string) => void },
  options: { readonly signal: AbortSignal },
): Promise<Pick<RestoreReport, "comparedWith" | "undone">> {
  const { old, say } = deps;
  if (known !== undefined) {
    return { comparedWith: "gateways", undone: await diffStates(known, readState(after, options), { prefix }) };
  }
  if (old === undefined) return { comparedWith: undefined };
  const database = openForReading(databaseOf(dataDir, old.member));
  try {
    const undone = await diffStates(knownTo(database, options), readState(after, options), { prefix });
    return { comparedWith: old.member, undone };
  } catch (error) {
    if (!(error instanceof SnapshotFileError)) throw error;
    say(`the old data of ${old.member} is not compared: ${error.message}`);
    return { comparedWith: undefined };
  } finally {
    database.close();
  }
}

/**
 * How far above the highest known revision is certainly unknown to every client. A member's database is at most some ten
 * thousand writes behind what it has answered, and a gateway's knowledge milliseconds; where neither is left, what
 * Kubernetes recommends.
 * @see https://etcd.io/docs/v3.6/op-guide/recovery/#restoring-with-revision-bump
 */
function roomFor(input: RestoreInput, old: OldData | undefined): bigint {
  const isKnown = input.known !== undefined || input.knownRevision !== undefined || old !== undefined;
  return isKnown ? 1_000_000n : 1_000_000_000n;
}

function databaseOf(dataDir: string, member: string): string {
  return join(dataDir, member, "member", "snap", "db");
}

/** Old data that cannot be read any more is no reason not to restore: more likely it is the reason to. */
function furthestAhead(dataDir: string, say: (line: string) => void): OldData | undefined {
  let furthest: OldData | undefined;
  for (const member of memberFolders(dataDir)) {
    const path = databaseOf(dataDir, member);
    if (!existsSync(path)) continue;
    const file = openForReading(path);
    try {
      const revision = currentRevision(file);
      if (furthest === undefined || revision > furthest.revision) furthest = { member, revision };
    } catch (error) {
      if (!(error instanceof SnapshotFileError)) throw error;
      say(`the old data of ${member} is not compared: ${error.message}`);
    } finally {
      file.close();
    }
  }
  return furthest;
}

async function* knownTo(database: RandomAccess, options: { readonly signal: AbortSignal }): AsyncGenerator<KnownKey> {
  for await (const { key, modRevision, valueHash } of readState(database, options)) {
    yield { storageKey: key, revision: modRevision, hash: valueHash };
  }
}
