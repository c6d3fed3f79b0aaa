import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../component-base/clock.ts";
import { makePrivateFolder } from "../../component-base/secret-file.ts";
import { runCommand } from "../run-command.ts";
import { bumpRevision } from "./bump-revision.ts";
import type { FileKind } from "./checksum.ts";
import { openForReading } from "./random-access.ts";
import { type RestoreTool, toolEnvironment } from "./restore-tool.ts";

/** A member as the restored cluster shall know it. */
export interface RestoredMember {
  readonly name: string;
  readonly peerUrl: string;
}

export interface RestoreMembersInput {
  /** A snapshot, or a plain copy of a member's database, that has been found sound. */
  readonly file: string;
  readonly kind: FileKind;
  /** Holds one folder for each member. */
  readonly dataDir: string;
  readonly members: readonly RestoredMember[];
  readonly tool: RestoreTool;
  /** The newest revision in `file`. */
  readonly from: bigint;
  /** The revision at which the restored cluster shall start. */
  readonly to: bigint;
}

export interface RestoreMembersDeps {
  readonly clock: Clock;
  readonly environment: NodeJS.ProcessEnv;
}

/** A folder that was in the way, and where it is now. */
export interface SetAside {
  readonly member: string;
  readonly folder: string;
}

/** Part of the names of folders that were set aside. */
const asideMark = ".before-restore-";

/**
 * Makes the data of every member out of one file, as members of a new cluster. Nothing that was there is touched before all is
 * made, and nothing is ever deleted: every member's folder is set aside under `<name>.before-restore-<time>`. The members must
 * not be running.
 *
 * @throws Error with the tool's own words when it fails; everything is as it was then
 */
export async function restoreMembers(
  input: RestoreMembersInput,
  deps: RestoreMembersDeps,
  options: { readonly signal: AbortSignal },
): Promise<readonly SetAside[]> {
  const { dataDir, members } = input;
  const stamp = new Date(deps.clock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const work = join(dataDir, `.restore-${stamp}-${process.pid}`);
  makePrivateFolder(work);
  try {
    await makeMembers(input, work, deps, options);
    options.signal.throwIfAborted();
    return exchange(dataDir, work, { names: members.map(({ name }) => name), stamp });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Folders of members in `dataDir`; those that were set aside do not count. */
export function memberFolders(dataDir: string): readonly string[] {
  if (!existsSync(dataDir)) return [];
  return readdirSync(dataDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.includes(asideMark) && !entry.name.startsWith("."))
    .map((entry) => entry.name)
    .filter((name) => existsSync(join(dataDir, name, "member")));
}

async function makeMembers(
  input: RestoreMembersInput,
  work: string,
  deps: RestoreMembersDeps,
  options: { readonly signal: AbortSignal },
): Promise<void> {
  const { members, tool, from, to } = input;
  const bumped = join(work, "snapshot.db");
  const source = tool.bumpsRevision ? input.file : bumped;
  if (!tool.bumpsRevision) {
    const file = openForReading(input.file);
    try {
      await bumpRevision(file, bumped, { to, ...options });
    } finally {
      file.close();
    }
  }
  const flags = [
    `--initial-cluster=${members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(",")}`,
    `--initial-cluster-token=gatehouse-${randomUUID()}`,
    ...(source === input.file && input.kind === "plain copy" ? ["--skip-hash-check"] : []),
    ...(tool.bumpsRevision ? [`--bump-revision=${to - from}`, "--mark-compacted"] : []),
  ];
  for (const { name, peerUrl } of members) {
    const own = [`--name=${name}`, `--initial-advertise-peer-urls=${peerUrl}`, `--data-dir=${join(work, name)}`];
    const result = await runCommand(tool.path, ["snapshot", "restore", source, ...own, ...flags], {
      ...options,
      environment: toolEnvironment(deps.environment),
    });
    options.signal.throwIfAborted();
    if (result.code !== 0) throw new Error(`${tool.path} could not restore ${name}: ${lastLine(result.output)}`);
  }
}

/** Puts the new folders where the old ones were; puts everything back when a step fails. */
function exchange(
  dataDir: string,
  work: string,
  options: { readonly names: readonly string[]; readonly stamp: string },
): readonly SetAside[] {
  const undo: (() => void)[] = [];
  const move = (from: string, to: string) => {
    renameSync(from, to);
    undo.unshift(() => renameSync(to, from));
  };
  const old = memberFolders(dataDir);
  const setAside = old.map((member) => ({
    member,
    folder: freeName(join(dataDir, `${member}${asideMark}${options.stamp}`)),
  }));
  try {
    for (const { member, folder } of setAside) move(join(dataDir, member), folder);
    for (const name of options.names) {
      // What is left there holds no member: an empty folder, or one that was never filled.
      const place = join(dataDir, name);
      if (existsSync(place)) move(place, freeName(`${place}${asideMark}${options.stamp}`));
      move(join(work, name), place);
    }
  } catch (error) {
    for (const step of undo) step();
    throw error;
  }
  return setAside;
}

function freeName(path: string): string {
  let free = path;
  for (let number = 2; existsSync(free); number++) free = `${path}-${number}`;
  return free;
}

function lastLine(output: string): string {
  return output.trim().split("\n").at(-1) ?? "";
}
