import { accessSync, constants } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { cacheFolder } from "./cache-folder.ts";
import { downloadDebianPackage } from "./debian-package.ts";
import { type DownloadDeps, downloadRelease } from "./release.ts";
import { runCommand } from "./run-command.ts";
import { isSupported, parseVersion } from "./version.ts";

export interface EtcdBinary {
  readonly path: string;
  /** `3.4.23` */
  readonly version: string;
  /** The `etcdctl` that belongs to it, if there is one. */
  readonly etcdctl?: string;
}

export interface FindDeps {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Tells the user what takes time: one line, without a newline. */
  readonly say: (line: string) => void;
  readonly fetch?: DownloadDeps["fetch"];
}

/**
 * Finds an etcd to run, in this order: `GATEHOUSE_ETCD`; `etcd` on PATH, if its version will do; our cache; the official
 * release for this platform; Debian's or Ubuntu's packages. The last two fill the cache.
 * @throws Error that says in one sentence what to install
 */
export async function findEtcd(deps: FindDeps, options: { readonly signal: AbortSignal }): Promise<EtcdBinary> {
  const named = deps.environment["GATEHOUSE_ETCD"];
  if (named !== undefined && named !== "") {
    const binary = await probeEtcd(named, options);
    if (typeof binary !== "string") return binary;
    throw new Error(`GATEHOUSE_ETCD=${named} cannot be used: ${binary}`);
  }
  const folder = join(cacheFolder(deps.environment), "etcd");
  const present = [...onPath("etcd", deps.environment), ...[join(folder, "etcd")].filter(isExecutable)];
  for (const path of present) {
    const binary = await probeEtcd(path, options);
    if (typeof binary !== "string") return binary;
    deps.say(`${path} is passed over: ${binary}`);
  }
  return fetchEtcd(folder, deps, options);
}

async function fetchEtcd(
  folder: string,
  deps: FindDeps,
  options: { readonly signal: AbortSignal },
): Promise<EtcdBinary> {
  const platform = `${process.platform}-${process.arch}`;
  const problems: string[] = [];
  const sources = [
    async () => {
      deps.say("downloading the official etcd release");
      await downloadRelease(folder, platform, { fetch: deps.fetch ?? fetch, onProgress: progress(deps.say) }, options);
    },
    async () => {
      if (onPath("apt-get", deps.environment).length === 0) throw new Error("this is not Debian or Ubuntu");
      deps.say("taking etcd from this distribution's packages (nothing is installed)");
      await downloadDebianPackage(folder, options);
    },
  ];
  for (const source of sources) {
    try {
      await source();
      const binary = await probeEtcd(join(folder, "etcd"), options);
      if (typeof binary !== "string") return binary;
      problems.push(binary);
    } catch (error) {
      options.signal.throwIfAborted();
      problems.push(describe(error));
    }
  }
  throw new Error(
    `etcd was not found and could not be fetched (${problems.join("; ")}): install etcd 3.4.22, 3.5.6, 3.6 or newer, or set GATEHOUSE_ETCD to the path of one`,
  );
}

/** What the program of that path is, or why it cannot be used. */
export async function probeEtcd(path: string, options: { readonly signal: AbortSignal }): Promise<EtcdBinary | string> {
  if (!isExecutable(path)) return "there is no such program";
  const result = await runCommand(path, ["--version"], options);
  options.signal.throwIfAborted();
  const version = parseVersion(result.output);
  if (version === undefined) return `it does not say its version (${result.output.trim().slice(0, 200)})`;
  if (!isSupported(version)) return `it is ${version}, and 3.4.22, 3.5.6, 3.6 or newer is needed`;
  const etcdctl = join(dirname(path), "etcdctl");
  return { path, version, ...(isExecutable(etcdctl) && { etcdctl }) };
}

/** The programs of that name on PATH, first one first. */
export function onPath(program: string, environment: FindDeps["environment"]): string[] {
  const folders = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, program)).filter(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

/** Says how far a download is at every tenth. */
function progress(say: (line: string) => void): DownloadDeps["onProgress"] {
  let saidTenths = 0;
  return (doneBytes, totalBytes) => {
    const tenths = totalBytes === 0 ? 0 : Math.floor((doneBytes / totalBytes) * 10);
    if (tenths <= saidTenths) return;
    saidTenths = tenths;
    say(`etcd ${"█".repeat(tenths)}${"░".repeat(10 - tenths)} ${(doneBytes / 1e6).toFixed(1)} MB`);
  };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${error.message}${cause}`;
}
