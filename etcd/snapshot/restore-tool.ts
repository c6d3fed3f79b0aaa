import { dirname, join } from "node:path";
import { isExecutable, onPath } from "../find.ts";
import { runCommand } from "../run-command.ts";
import { parseVersion } from "../version.ts";
import { RestoreError } from "./restore-error.ts";

/** The program that makes a member's folder out of a snapshot file. */
export interface RestoreTool {
  readonly path: string;
  /** Whether it can raise the revision and mark all before it as compacted. */
  readonly bumpsRevision: boolean;
}

/**
 * The one that belongs to an etcd: etcdutl, and etcdctl for 3.4 and 3.5; of the same minor release, because what it writes is
 * read by that etcd. Looked for beside the etcd and then on PATH.
 * @throws RestoreError with one sentence that says what is missing
 */
export async function findRestoreTool(
  etcd: { readonly path: string; readonly version: string },
  options: { readonly environment: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<RestoreTool> {
  const release = minorRelease(etcd.version);
  const names = release === "3.4" ? ["etcdctl"] : release === "3.5" ? ["etcdutl", "etcdctl"] : ["etcdutl"];
  const environment = toolEnvironment(options.environment);
  for (const name of names) {
    for (const path of [join(dirname(etcd.path), name), ...onPath(name, options.environment)].filter(isExecutable)) {
      const version = await runCommand(path, ["version"], { ...options, environment });
      options.signal.throwIfAborted();
      if (minorRelease(parseVersion(version.output) ?? "") !== release) continue;
      const help = await runCommand(path, ["snapshot", "restore", "--help"], { ...options, environment });
      options.signal.throwIfAborted();
      if (help.output.includes("--initial-cluster-token")) {
        return { path, bumpsRevision: help.output.includes("--mark-compacted") };
      }
    }
  }
  throw new RestoreError(
    `${etcd.path} is etcd ${etcd.version}, and restoring needs ${names.join(" or ")} ${release}: put it beside it or on PATH`,
  );
}

/** Without ETCDCTL_… and ETCDUTL_… variables, which are flags in disguise. */
export function toolEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !/^ETCD(CTL|UTL)?_/.test(name));
  return { ...Object.fromEntries(kept), ETCDCTL_API: "3" };
}

function minorRelease(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}
