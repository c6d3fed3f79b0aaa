import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../component-base/package-root.ts";
import type { Figure, StandaloneQuestion } from "../question.ts";

/** How long from the command to `gatehouse ready`, on data that is there already? */
export const start: StandaloneQuestion = {
  name: "start",
  help: "warm start to ready, as processes and in a single process (needs no server)",
  standalone: true,
  async run() {
    const figures: Figure[] = [];
    for (const [name, flags] of [
      ["processes", []],
      ["single process", ["--single-process"]],
    ] as const) {
      const dataDir = mkdtempSync(join(tmpdir(), "gatehouse-bench-"));
      await startAndStop(dataDir, flags); // makes certificates and the first objects
      const warm = await startAndStop(dataDir, flags);
      rmSync(dataDir, { recursive: true, force: true });
      figures.push(
        { name: `start to ready, ${name}`, unit: "ms", value: warm.readyMs, better: "lower" },
        { name: `stop, ${name}`, unit: "ms", value: warm.stopMs, better: "lower" },
      );
    }
    return figures;
  },
};

async function startAndStop(dataDir: string, flags: readonly string[]): Promise<{ readyMs: number; stopMs: number }> {
  const bin = join(packageRoot(), "bin", "gatehouse.mjs");
  const startMs = performance.now();
  const child = spawn(process.execPath, [bin, "up", "--data-dir", dataDir, "--secure-port", "0", ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await saidReady(child);
  const readyMs = performance.now() - startMs;
  const stopMs = performance.now();
  child.kill("SIGTERM");
  await once(child, "exit");
  return { readyMs, stopMs: performance.now() - stopMs };
}

async function saidReady(child: ChildProcess): Promise<void> {
  let output = "";
  for await (const chunk of child.stdout ?? []) {
    output += String(chunk);
    if (output.includes("gatehouse ready")) return;
  }
  throw new Error(`the plane ended before it was ready: ${output}`);
}
