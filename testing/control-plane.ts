import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataDir } from "../cli/data-dir.ts";
import { Launcher } from "../cli/up/launcher.ts";
import { makeFolders } from "../cli/up/plane.ts";
import { upFlags } from "../cli/up/up-flags.ts";
import { type Clock, realClock } from "../component-base/clock.ts";
import { parseFlags } from "../component-base/flags.ts";

export interface ControlPlaneOptions {
  /** Simulated nodes. Default 1. */
  readonly nodes?: number;
  /** Default true. */
  readonly scheduler?: boolean;
  /** Controllers by name, as the flag `--controllers` takes them; an empty list runs none. Default all. */
  readonly controllers?: readonly string[];
  /** Keep the data here, and leave it there. Default: a temporary folder that goes with the plane. */
  readonly dataDir?: string;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Ends the start early. */
  readonly signal?: AbortSignal;
}

export interface ControlPlane {
  /** `https://127.0.0.1:<port>`. */
  readonly server: string;
  /** A kubeconfig file of the administrator. */
  readonly kubeconfig: string;
  /** Ends everything and removes the temporary data; idempotent. */
  stop(): Promise<void>;
}

/**
 * A whole control plane inside this process, on a real etcd of its own (without fsync: it is for tests). Any number of them
 * may run side by side.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const root = options.dataDir ?? mkdtempSync(join(tmpdir(), "gatehouse-"));
  const folder = dataDir(root);
  const controllers = options.controllers ?? ["*"];
  const parsed = parseFlags(upFlags, [
    "--single-process",
    "--secure-port=0",
    "--etcd-unsafe-no-fsync",
    `--nodes=${options.nodes ?? 1}`,
    `--schedulers=${options.scheduler === false ? 0 : 1}`,
    ...(controllers.length === 0 ? ["--controller-managers=0"] : [`--controllers=${controllers.join(",")}`]),
  ]);
  if (parsed.kind !== "config")
    throw new Error(`options: ${"problems" in parsed ? parsed.problems.join("; ") : parsed.kind}`);
  makeFolders(folder);
  const launcher = new Launcher(parsed.config, folder, { clock: options.clock ?? realClock, say: () => undefined });
  const stop = async () => {
    await launcher.stop();
    if (options.dataDir === undefined) rmSync(root, { recursive: true, force: true });
  };
  try {
    const server = await launcher.start({ signal: options.signal ?? new AbortController().signal });
    return { server, kubeconfig: folder.kubeconfig, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
