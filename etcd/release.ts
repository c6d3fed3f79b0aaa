import { createHash } from "node:crypto";
import { createWriteStream, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { runCommand } from "./run-command.ts";

interface Release {
  readonly version: string;
  readonly archive: "tar.gz" | "zip";
  readonly sha256: string;
}

/**
 * Official etcd releases by platform (Node's `process.platform`-`process.arch`). The digests are those that other projects pin
 * for these files; they have not been compared with the SHA256SUMS that etcd publishes beside each release. A wrong one makes us
 * refuse the release, and the next source is tried.
 * @see https://github.com/etcd-io/etcd/releases
 */
const releases: Readonly<Record<string, Release>> = {
  "linux-x64": {
    version: "3.5.27",
    archive: "tar.gz",
    sha256: "0aad9a9e4e0817a021e933f9806a2b2960a62f949ad5a3d6436d8886945cb1bc",
  },
  "linux-arm64": {
    version: "3.5.27",
    archive: "tar.gz",
    sha256: "1277309f540c5a0329c428f95455c9f76d24f768c8d28fd2753e891c379053fa",
  },
  "darwin-x64": {
    version: "3.5.6",
    archive: "zip",
    sha256: "eb0bca1ef939c4abd1d73dc61ef7e019cdc5e97a38e2e99ad2aac34aeb8266ee",
  },
  "darwin-arm64": {
    version: "3.5.6",
    archive: "zip",
    sha256: "5a70e3b323caa05e4c87f2669686d34c10c557ea59233e611acd6ee330877e79",
  },
};

export interface DownloadDeps {
  /** Fetches a URL; `fetch` in production. */
  readonly fetch: (url: string, init: { signal: AbortSignal }) => Promise<Response>;
  /** Called with bytes so far and in all (0 when the server does not say). */
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
}

/**
 * Downloads the pinned official release for this platform into `folder`, checks its digest, and leaves `etcd`, `etcdctl`
 * and `etcdutl` there.
 * @throws Error with one sentence that says what went wrong
 */
export async function downloadRelease(
  folder: string,
  platform: string,
  deps: DownloadDeps,
  options: { readonly signal: AbortSignal },
): Promise<void> {
  const release = releases[platform];
  if (release === undefined) throw new Error(`etcd publishes no release that we know for ${platform}`);
  const name = `etcd-v${release.version}-${platform.replace("x64", "amd64")}`;
  const url = `https://github.com/etcd-io/etcd/releases/download/v${release.version}/${name}.${release.archive}`;
  const work = `${folder}.${process.pid}.download`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  try {
    const archive = join(work, `etcd.${release.archive}`);
    const digest = await download(url, archive, deps, options);
    if (digest !== release.sha256) throw new Error(`${url} has SHA-256 ${digest}, expected ${release.sha256}`);
    const unpack = release.archive === "zip" ? (["unzip", "-q"] as const) : (["tar", "-xzf"] as const);
    const result = await runCommand(unpack[0], [unpack[1], archive], { cwd: work, ...options });
    if (result.code !== 0) throw new Error(`${unpack[0]} could not unpack ${archive}: ${result.output.trim()}`);
    mkdirSync(folder, { recursive: true });
    for (const program of ["etcdutl", "etcdctl", "etcd"]) renameSync(join(work, name, program), join(folder, program));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Writes the URL's content to `file` and returns its SHA-256 in hex. */
async function download(
  url: string,
  file: string,
  deps: DownloadDeps,
  options: { readonly signal: AbortSignal },
): Promise<string> {
  const response = await deps.fetch(url, { signal: options.signal });
  if (!response.ok || response.body === null) throw new Error(`${url} answered ${response.status}`);
  const totalBytes = Number(response.headers.get("content-length") ?? 0);
  const hash = createHash("sha256");
  let doneBytes = 0;
  const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
  body.on("data", (chunk: Uint8Array) => {
    hash.update(chunk);
    doneBytes += chunk.length;
    deps.onProgress(doneBytes, totalBytes);
  });
  await pipeline(body, createWriteStream(file), { signal: options.signal });
  return hash.digest("hex");
}
