import { callLauncher } from "../../cli/control-client.ts";
import { dataDir } from "../../cli/data-dir.ts";
import type { ProcessInfo } from "../../component-base/process-table.ts";
import { eventually } from "./eventually.ts";
import type { TestPlane } from "./plane.ts";

/** The processes of a plane as its launcher knows them: members of etcd, gateways, loops. */
export async function processesOf(plane: Pick<TestPlane, "dataDir">): Promise<readonly ProcessInfo[]> {
  const options = { say: () => undefined, signal: AbortSignal.timeout(5_000) };
  return (await callLauncher(dataDir(plane.dataDir), "processes", null, options)) as readonly ProcessInfo[];
}

/** Kills a process outright, and waits until its launcher has started it again and it is ready. */
export async function killAndAwaitRestart(plane: Pick<TestPlane, "dataDir">, victim: ProcessInfo): Promise<void> {
  if (victim.pid === undefined) throw new Error(`${victim.name} does not run`);
  process.kill(victim.pid, "SIGKILL");
  const isBack = ({ name, pid, state }: ProcessInfo) =>
    name === victim.name && state === "running" && pid !== undefined && pid !== victim.pid;
  await eventually(`${victim.name} runs again`, async () => (await processesOf(plane)).some(isBack), {
    timeoutMs: 30_000,
  });
}
