import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "vitest";
import { realClock } from "../../component-base/clock.ts";
import { processIdentity } from "../../component-base/process-identity.ts";
import { eventually } from "../harness/eventually.ts";
import { gatehouseBin, startPlane } from "../harness/plane.ts";

const alive = (pid: number) => processIdentity(pid) !== undefined;
const everyProcess = /^\S*node \S*\/main\.js|^\S*etcd --name/;

/** How the launcher ended, and how many milliseconds after the call. */
async function ending(launcher: ReturnType<typeof spawn>) {
  const startMs = realClock.monotonicMs();
  const [code, signal] = await once(launcher, "exit");
  return { code, signal, durationMs: realClock.monotonicMs() - startMs };
}

// What hangs takes seconds to wait for: all at once.
describe.concurrent("stopping", () => {
  test.for([
    ["processes", ["apiserver", "scheduler", "controller", "kubelet-sim", "etcd"], []],
    ["one process", ["etcd"], ["--single-process"]],
  ] as const)(
    "%s that hang are killed and named, and stopping succeeds within 5 s",
    async ([_name, hung, flags], { expect, onTestFinished }) => {
      const plane = await startPlane({ flags });
      onTestFinished(() => plane.destroy());
      const pids = plane.pids(everyProcess);
      for (const name of hung) {
        const [pid = 0] = plane.pids(name === "etcd" ? /^\S*etcd --name/ : new RegExp(`/${name}/main\\.js`));
        process.kill(pid, "SIGSTOP");
      }
      const ended = ending(plane.launcher);
      plane.launcher.kill("SIGINT");
      expect(await ended).toMatchObject({ code: 0 });
      expect((await ended).durationMs).toBeLessThan(5_000);
      expect(pids.filter(alive)).toEqual([]);
      for (const name of hung) expect(plane.output()).toMatch(new RegExp(`${name}.* was killed|so killed: .*${name}`));
    },
  );

  test("a launcher that no longer turns is killed within 5 s, and its children end", async ({
    expect,
    onTestFinished,
  }) => {
    const plane = await startPlane({ flags: ["--single-process"] });
    onTestFinished(() => plane.destroy());
    const [etcd = 0] = plane.pids(/^\S*etcd --name/);
    process.kill(etcd, "SIGSTOP"); // so that it is still stopping when it is frozen itself
    const ended = ending(plane.launcher);
    plane.launcher.kill("SIGTERM");
    await eventually("it stops", () => plane.output().includes("gatehouse: stopping"), { everyMs: 5 });
    plane.launcher.kill("SIGSTOP");
    process.kill(etcd, "SIGCONT");
    expect((await ended).durationMs).toBeLessThan(5_000);
    expect(plane.output()).toContain("gatehouse: not stopped within 4.5 s, so killed");
    await eventually("etcd has ended", () => !alive(etcd), { timeoutMs: 2_000 });
  });

  test("a plane that waits for an etcd that never answers can be stopped while it starts", async ({
    expect,
    onTestFinished,
  }) => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    onTestFinished(() => void silent.close());
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : 0;
    const dataDir = mkdtempSync(join(tmpdir(), "gatehouse-stop-"));
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    const flags = ["--data-dir", dataDir, "--secure-port", "0", `--etcd-servers=http://127.0.0.1:${port}`];
    const connected = once(silent, "connection");
    const launcher = spawn(process.execPath, [gatehouseBin, "up", ...flags], { stdio: "ignore" });
    await connected;
    const ended = ending(launcher);
    launcher.kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 0 });
    expect((await ended).durationMs).toBeLessThan(2_000);
  });
});
