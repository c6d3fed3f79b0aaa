import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../component-base/package-root.ts";
import { eventually } from "./eventually.ts";

/** A whole control plane, started by the command that users type. */
export interface TestPlane {
  readonly dataDir: string;
  readonly kubeconfig: string;
  readonly server: string;
  /** `gatehouse ready in <n> ms`. */
  readonly readyMs: number;
  readonly launcher: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  /** Process ids below the launcher whose command line matches. */
  pids(pattern: RegExp): number[];
  /** SIGTERM; resolves with the exit code. The data stays. */
  stop(): Promise<number | null>;
  /** `stop` and removes the data. */
  destroy(): Promise<void>;
}

export interface PlaneOptions {
  readonly flags?: readonly string[];
  /** Default: a new temporary folder. */
  readonly dataDir?: string;
}

export const gatehouseBin = join(packageRoot(), "bin", "gatehouse.mjs");

/** Starts a plane on a free port and waits until it says that it is ready. */
export async function startPlane(options: PlaneOptions = {}): Promise<TestPlane> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "gatehouse-plane-"));
  const args = [gatehouseBin, "up", "--data-dir", dataDir, "--secure-port", "0", ...(options.flags ?? [])];
  const launcher = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [launcher.stdout, launcher.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const ended = new Promise<number | null>((resolve) => launcher.once("exit", (code) => resolve(code)));

  const ready = await Promise.race([
    eventually("the plane is ready", () => /gatehouse ready in (\d+) ms/.exec(output) ?? undefined, {
      timeoutMs: 60_000,
    }),
    ended.then((code) => {
      throw new Error(`the launcher ended with ${code}:\n${output}`);
    }),
  ]);
  const kubeconfig = join(dataDir, "kubeconfig");
  const server = /server: (\S+)/.exec(readFileSync(kubeconfig, "utf8"))?.[1] ?? "";

  const stop = async () => {
    if (launcher.exitCode === null && launcher.signalCode === null) launcher.kill("SIGTERM");
    return ended;
  };
  return {
    dataDir,
    kubeconfig,
    server,
    readyMs: Number(ready[1]),
    launcher,
    output: () => output,
    pids: (pattern) => descendants(launcher.pid ?? 0).filter((pid) => pattern.test(commandLine(pid))),
    stop,
    async destroy() {
      await stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Runs `gatehouse` to its end. */
export function gatehouse(
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [gatehouseBin, ...args], { stdio: ["ignore", "pipe", "pipe"], ...options });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
}

/** Every process below `root`, from /proc. */
function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    const parent = Number(/\) \S (\d+)/.exec(readProc(`${name}/stat`))?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = (pid: number): number[] => (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(root);
}

function commandLine(pid: number): string {
  return readProc(`${pid}/cmdline`).replaceAll("\0", " ");
}

function readProc(file: string): string {
  try {
    return readFileSync(join("/proc", file), "utf8");
  } catch {
    return ""; // the process has ended
  }
}
