import { execFile, spawn, spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** False when this machine has no kubectl; tests that need it must say so rather than pass. */
export const hasKubectl = spawnSync("kubectl", ["version", "--client"]).status === 0;

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Kubectl {
  /** stdout of a command that must succeed. */
  (...args: string[]): Promise<string>;
  /** Any outcome. */
  run(args: readonly string[], options?: { stdin?: string }): Promise<CommandResult>;
  /** Runs until `seen` is true of the lines so far, then ends the command; returns the lines. */
  follow(args: readonly string[], seen: (lines: readonly string[]) => boolean, timeoutMs?: number): Promise<string[]>;
}

/** Stock kubectl with a discovery cache of its own. */
export function kubectlFor(kubeconfig: string): Kubectl {
  const cache = mkdtempSync(join(tmpdir(), "gatehouse-kubectl-"));
  const environment = { ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: cache };
  const run = (args: readonly string[], options: { stdin?: string } = {}) =>
    new Promise<CommandResult>((resolve) => {
      const settings = { env: environment, timeout: 60_000, maxBuffer: 64 * 2 ** 20 };
      const child = execFile("kubectl", [...args], settings, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr });
      });
      child.stdin?.end(options.stdin ?? "");
    });
  const kubectl = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: exit ${code}\n${stdout}${stderr}`);
    return stdout;
  };
  const follow: Kubectl["follow"] = (args, seen, timeoutMs = 30_000) =>
    new Promise((resolve, reject) => {
      const child = spawn("kubectl", [...args], {
        env: environment,
        stdio: ["ignore", "pipe", "pipe"],
        timeout: timeoutMs,
      });
      let text = "";
      let done = false;
      child.stdout.on("data", (chunk) => {
        text += String(chunk);
        done ||= seen(text.split("\n"));
        if (done) child.kill();
      });
      child.once("close", () => {
        if (done) resolve(text.split("\n"));
        else reject(new Error(`kubectl ${args.join(" ")} ended before it was seen:\n${text}`));
      });
    });
  return Object.assign(kubectl, { run, follow });
}
