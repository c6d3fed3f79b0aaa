import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../component-base/clock.ts";
import { makePrivateFolder } from "../../component-base/secret-file.ts";
import { runCommand } from "../run-command.ts";
import { bumpRevision } from "./bump-revision.ts";
import type { FileKind } from "./checksum.ts";
import { exchangeMembers, type SetAside, workName } from "./exchange.ts";
import { openForReading } from "./random-access.ts";
import { RestoreError } from "./restore-error.ts";
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

/**
 * Makes the data of every member out of one file, as members of a new cluster. Nothing that was there is touched before all is
 * made, and nothing is ever deleted: every member's folder is set aside under `<name>.before-restore-<time>`. The members must
 * not be running.
 *
 * @throws RestoreError with the tool's own words when it fails; everything is as it was then
 */
export async function restoreMembers(
  input: RestoreMembersInput,
  deps: RestoreMembersDeps,
  options: { readonly signal: AbortSignal },
): Promise<readonly SetAside[]> {
  const { dataDir, members } = input;
  const stamp = new Date(deps.clock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const work = workName(stamp);
  makePrivateFolder(join(dataDir, work));
  try {
    await makeMembers(input, join(dataDir, work), deps, options);
    options.signal.throwIfAborted();
    return exchangeMembers(dataDir, { work, names: members.map(({ name }) => name), stamp });
  } finally {
    rmSync(join(dataDir, work), { recursive: true, force: true });
  }
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
    if (result.code !== 0) throw new RestoreError(`${tool.path} could not restore ${name}: ${lastLine(result.output)}`);
  }
}

function lastLine(output: string): string {
  return output.trim().split("\n").at(-1) ?? "";
}
