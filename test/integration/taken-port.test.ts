import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findEtcd } from "../../etcd/find.ts";
import { startControlPlane } from "../../testing/control-plane.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-taken-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** An etcd whose client port is taken by another program just before it starts, so many times. */
async function unluckyEtcd(times: number): Promise<string> {
  const signal = AbortSignal.timeout(60_000);
  const real = await findEtcd({ environment: process.env, say: () => undefined }, { signal });
  const holdPort = `
    const [real, ...flags] = process.argv.slice(2);
    const port = /--listen-client-urls=\\S+:(\\d+)/.exec(flags.join(" "))[1];
    require("node:net").createServer().listen(port, "127.0.0.1", () => {
      const { status } = require("node:child_process").spawnSync(real, flags, { stdio: "inherit" });
      process.exit(status);
    });`;
  writeFileSync(join(folder, "hold-port.cjs"), holdPort);
  const script = `#!/bin/sh
case "$*" in *--version*|version) exec "${real.path}" --version;; esac
echo start >> "${folder}/starts"
[ "$(wc -l < "${folder}/starts")" -gt ${times} ] && exec "${real.path}" "$@"
exec "${process.execPath}" "${folder}/hold-port.cjs" "${real.path}" "$@"
`;
  const path = join(folder, "etcd");
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return path;
}

const starts = () => readFileSync(join(folder, "starts"), "utf8").match(/start/g)?.length;

test("a port that is taken between its choice and its use: the plane starts on others", async () => {
  vi.stubEnv("GATEHOUSE_ETCD", await unluckyEtcd(1));
  const plane = await startControlPlane({ nodes: 0, scheduler: false, controllers: [] });
  await plane.stop();
  expect(starts()).toBe(2);
});

test("it is tried once more only, and nothing is left", async () => {
  vi.stubEnv("GATEHOUSE_ETCD", await unluckyEtcd(9));
  const start = startControlPlane({ nodes: 0, scheduler: false, controllers: [] });
  await expect(start).rejects.toThrow("address already in use");
  expect(starts()).toBe(2);
});
