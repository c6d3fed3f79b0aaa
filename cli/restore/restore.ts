import { resolve } from "node:path";
import { realClock } from "../../component-base/clock.ts";
import { callLauncher } from "../control-client.ts";
import type { DataDir } from "../data-dir.ts";
import type { DecryptionKeys } from "../snapshot/encryption.ts";
import { withPlainSnapshot } from "../snapshot/plain-snapshot.ts";
import { isLauncherAlive, lockFolder, unlockFolder } from "../up/pid-file.ts";
import { makeFolders } from "../up/plane.ts";
import type { RestoreRequest } from "../up/restore-operation.ts";
import { UsageError } from "../user-error.ts";
import { restoreOffline } from "./offline.ts";
import { type RestoreSummary, renderSummary } from "./report.ts";

/**
 * `gatehouse restore FILE`: through the launcher where a control plane runs, on the files where none does.
 * @returns the exit code
 */
export async function restoreCommand(options: {
  readonly folder: DataDir;
  readonly args: readonly string[];
  readonly etcdMembers: number;
  readonly stopGateways: boolean;
  readonly output: "text" | "json";
  readonly keys: () => Promise<DecryptionKeys> | DecryptionKeys;
}): Promise<number> {
  const { folder, args, etcdMembers, stopGateways, output } = options;
  const [file, ...others] = args;
  if (file === undefined || others.length > 0) throw new UsageError("restore takes one snapshot file");
  makeFolders(folder);
  const say = (line: string) => console.error(`gatehouse: ${line}`);
  const signal = new AbortController().signal;
  const startedMs = realClock.monotonicMs();
  const restore = async (plain: string): Promise<RestoreSummary> => {
    const request: RestoreRequest = { file: plain, stopGateways, ...(etcdMembers > 0 && { members: etcdMembers }) };
    if (isLauncherAlive(folder.run)) {
      return (await callLauncher(folder, "restore", request, { say, signal })) as RestoreSummary;
    }
    lockFolder(folder.run);
    try {
      return await restoreOffline(folder, request, { say, signal, clock: realClock });
    } finally {
      unlockFolder(folder.run);
    }
  };
  const summary = await withPlainSnapshot(resolve(file), { keys: await options.keys(), folder: folder.root }, restore);
  if (output === "json") console.log(JSON.stringify(summary, null, 2));
  else {
    console.log(renderSummary(summary));
    console.log(`took ${((realClock.monotonicMs() - startedMs) / 1_000).toFixed(1)} s`);
  }
  return 0;
}
