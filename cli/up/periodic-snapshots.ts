import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { Clock } from "../../component-base/clock.ts";
import { makePrivateFolder } from "../../component-base/secret-file.ts";
import { withGateway } from "../etcd/gateway.ts";
import { humanBytes } from "../snapshot/human-bytes.ts";
import { type SavedSnapshot, saveSnapshot } from "../snapshot/save-snapshot.ts";

export interface PeriodicSnapshotsConfig {
  /** Where the files go; it is made when it is missing. */
  readonly folder: string;
  readonly everyMs: number;
  /** How many of the newest stay, at least one. */
  readonly keep: number;
}

export interface PeriodicSnapshotsDeps {
  readonly clock: Clock;
  /** Tells the user: one line. */
  readonly say: (line: string) => void;
  /** Takes a verified snapshot; leaves no file when it fails. */
  readonly save: (file: string, options: { readonly signal: AbortSignal }) => Promise<SavedSnapshot>;
}

/** After a failure it is tried again sooner than usual. */
const retryMs = 60_000;
const namePattern = /^gatehouse-(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d)Z\.db$/;

/**
 * Takes a snapshot whenever the newest in the folder is `everyMs` old, the first at once, and deletes all but the newest `keep`
 * after a new one has been verified. Files of other names are left alone. What fails is said, and tried again.
 *
 * @returns when `signal` is aborted; never rejects
 */
export async function runPeriodicSnapshots(
  config: PeriodicSnapshotsConfig,
  deps: PeriodicSnapshotsDeps,
  options: { readonly signal: AbortSignal },
): Promise<void> {
  const { clock, say } = deps;
  const { signal } = options;
  let pauseMs = untilDue(config, clock);
  while (!signal.aborted) {
    try {
      await clock.sleep(pauseMs, { signal });
      say(await takeOne(config, deps, { signal }));
      pauseMs = config.everyMs;
    } catch (error) {
      if (signal.aborted) return;
      say(`snapshot: none was taken: ${error instanceof Error ? error.message : String(error)}`);
      pauseMs = Math.min(retryMs, config.everyMs);
    }
  }
}

/** Saves through the gateway that a kubeconfig names. */
export function savesThroughGateway(kubeconfig: string, clock: Clock): PeriodicSnapshotsDeps["save"] {
  return (file, { signal }) => withGateway(kubeconfig, (gateway) => saveSnapshot(gateway, { file, signal }, { clock }));
}

async function takeOne(
  { folder, keep }: PeriodicSnapshotsConfig,
  { clock, save }: PeriodicSnapshotsDeps,
  options: { readonly signal: AbortSignal },
): Promise<string> {
  makePrivateFolder(folder);
  // Of a save that was killed.
  for (const name of readdirSync(folder).filter(isPart)) rmSync(join(folder, name), { force: true });
  const file = join(folder, nameAt(clock.now()));
  const saved = await save(file, options);
  // A clock that was put back must not make the new one the oldest.
  const others = snapshots(folder).filter((name) => name !== basename(file));
  const surplus = others.slice(0, Math.max(0, others.length - (keep - 1)));
  for (const name of surplus) rmSync(join(folder, name), { force: true });
  const deleted = surplus.length === 0 ? "" : `; ${surplus.join(", ")} deleted`;
  return `snapshot: ${file}, ${humanBytes(saved.sizeBytes)} at revision ${saved.revision}${deleted}`;
}

function untilDue({ folder, everyMs }: PeriodicSnapshotsConfig, clock: Clock): number {
  const newest = snapshots(folder).at(-1);
  if (newest === undefined) return 0;
  const takenMs = Date.parse(newest.replace(namePattern, "$1$2:$3:$4Z"));
  return Math.min(everyMs, Math.max(0, takenMs + everyMs - clock.now()));
}

/** Names of complete snapshots, oldest first. */
function snapshots(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => namePattern.test(name))
    .sort();
}

function isPart(name: string): boolean {
  return name.endsWith(".part") && namePattern.test(name.slice(0, -".part".length));
}

function nameAt(timeMs: number): string {
  return `gatehouse-${new Date(timeMs).toISOString().slice(0, 19).replaceAll(":", "-")}Z.db`;
}
