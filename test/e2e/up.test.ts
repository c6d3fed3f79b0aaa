import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { configMaps } from "../../api/core/v1/config-map.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import type { RestClient } from "../../client/rest-client.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { packageRoot } from "../../component-base/package-root.ts";
import { processIdentity } from "../../component-base/process-identity.ts";
import { eventually } from "../harness/eventually.ts";
import { gatehouse, type PlaneOptions, startPlane, type TestPlane } from "../harness/plane.ts";

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function plane(options: PlaneOptions = {}): Promise<TestPlane> {
  const started = await startPlane(options);
  cleanUps.push(() => started.destroy());
  return started;
}

function client(of: TestPlane): RestClient {
  const config = { ...loadKubeconfig(of.kubeconfig), userAgent: "gatehouse-test" };
  const made = createRestClient(config, { clock: realClock, log: silentLogger });
  cleanUps.push(() => made.close());
  return made;
}

const signal = () => AbortSignal.timeout(20_000);
const component = (name: string) =>
  name === "etcd" ? /^\S*etcd --name/ : new RegExp(`^\\S*node \\S*/${name}/main\\.js`);
const names = ["apiserver", "scheduler", "controller", "kubelet-sim", "etcd"];
const components = (of: TestPlane) => names.flatMap((name) => of.pids(component(name)));
const alive = (pid: number) => processIdentity(pid) !== undefined;
const configMap = (name: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data: { key: "value" },
});

test("stop ends every process within 5 s with exit code 0; starting again finds every object as it was", async () => {
  const first = await plane();
  const created = await client(first).create(configMaps, configMap("kept"), { namespace: "default", signal: signal() });
  const pids = components(first);
  expect(pids.length).toBe(5);
  const stopMs = realClock.monotonicMs();
  expect(await first.stop()).toBe(0);
  expect(realClock.monotonicMs() - stopMs).toBeLessThan(5_000);
  expect(pids.filter(alive)).toEqual([]);

  const second = await plane({ dataDir: first.dataDir });
  const kept = await client(second).get(configMaps, { namespace: "default", name: "kept" }, { signal: signal() });
  expect(kept).toEqual(created);
});

test("whatever is killed is started again, with a line that says so", async () => {
  const running = await plane();
  const rest = client(running);
  for (const name of names) {
    const [pid = 0] = running.pids(component(name));
    process.kill(pid, "SIGKILL");
    await eventually(
      `${name} runs again`,
      () => running.pids(component(name)).some((other) => other !== pid && alive(other)),
      { timeoutMs: 10_000 },
    );
    expect(running.output()).toMatch(new RegExp(`${name}(-1)? ended with SIGKILL.*starting it again in \\d+ ms`));
    await eventually(
      `the API server writes after ${name} was killed`,
      () => rest.create(configMaps, configMap(`after-${name}`), { namespace: "default", signal: signal() }),
      { timeoutMs: 15_000 },
    );
  }
});

test("kill -9 of the launcher leaves no orphan, and the next start works on the same data", async () => {
  const first = await plane();
  await client(first).create(configMaps, configMap("kept"), { namespace: "default", signal: signal() });
  const pids = components(first);
  first.launcher.kill("SIGKILL");
  await eventually("every child has ended", () => !pids.some(alive), { timeoutMs: 8_000 });
  const second = await plane({ dataDir: first.dataDir });
  await client(second).get(configMaps, { namespace: "default", name: "kept" }, { signal: signal() });
});

test("the next start ends what a killed launcher and its guards have left", async () => {
  const first = await plane();
  const pids = components(first);
  const guards = first.pids(/^\/bin\/sh -c/);
  expect(guards.length).toBe(pids.length);
  // Components that are stopped notice nothing: only the next start can end them.
  for (const pid of [...guards, ...pids]) process.kill(pid, "SIGSTOP");
  first.launcher.kill("SIGKILL");
  for (const pid of guards) process.kill(pid, "SIGKILL");
  expect(pids.every(alive)).toBe(true);
  const second = await plane({ dataDir: first.dataDir });
  expect(pids.filter(alive)).toEqual([]);
  expect(second.output()).toContain("left over from a control plane that was killed");
});

test("SIGTERM that only npm receives stops the plane", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "gatehouse-npm-"));
  cleanUps.push(async () => rmSync(dataDir, { recursive: true, force: true }));
  const npm = spawn("npm", ["start", "--", "--data-dir", dataDir, "--secure-port", "0"], {
    cwd: packageRoot(),
    stdio: ["ignore", "pipe", "ignore"],
  });
  let output = "";
  npm.stdout.on("data", (chunk) => (output += String(chunk)));
  const exited = new Promise<number | null>((resolve) => npm.once("exit", resolve));
  await eventually("it is ready", () => /gatehouse ready in/.test(output), { timeoutMs: 60_000 });
  const { pid } = JSON.parse(readFileSync(join(dataDir, "run", "etcd-1.pid"), "utf8")) as { pid: number };
  npm.kill("SIGTERM");
  await exited;
  await eventually("etcd has ended", () => !alive(pid), { timeoutMs: 5_000 });
  await eventually("the launcher has ended", () => !existsSync(join(dataDir, "run", "launcher.pid")), {
    timeoutMs: 5_000,
  });
});

test("two planes side by side know nothing of each other", async () => {
  const [one, two] = await Promise.all([plane(), plane({ flags: ["--single-process"] })]);
  await client(one).create(configMaps, configMap("only-here"), { namespace: "default", signal: signal() });
  await expect(
    client(two).get(configMaps, { namespace: "default", name: "only-here" }, { signal: signal() }),
  ).rejects.toMatchObject({ status: { reason: "NotFound" } });
});

test("every wrong flag is named at once", async () => {
  const { code, stderr } = await gatehouse(["up", "--nodes=many", "--no-such-flag", "--log-format=xml"]);
  expect(code).toBe(2);
  for (const name of ["nodes", "no-such-flag", "log-format"]) expect(stderr).toContain(`--${name}: `);
});

describe("beside a running plane", () => {
  let running: TestPlane;
  beforeAll(async () => {
    running = await startPlane();
  });
  afterAll(() => running.destroy());

  test("what is secret is for its owner only", async () => {
    const mode = (path: string) => statSync(join(running.dataDir, path)).mode & 0o777;
    expect(mode("pki")).toBe(0o700);
    for (const file of [
      "kubeconfig",
      "components/scheduler.kubeconfig",
      "pki/ca.key",
      "pki/etcd/apiserver-etcd-client.key",
    ]) {
      expect([file, mode(file)]).toEqual([file, 0o600]);
    }
  });

  test("a second plane on the same data is refused with a sentence", async () => {
    const second = await gatehouse(["up", "--data-dir", running.dataDir, "--secure-port", "0"]);
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining("is in use by another control plane") });
  });

  test("a taken port is refused with a sentence, and nothing is left running", async () => {
    const port = new URL(running.server).port;
    const dataDir = mkdtempSync(join(tmpdir(), "gatehouse-port-"));
    cleanUps.push(async () => rmSync(dataDir, { recursive: true, force: true }));
    const second = await gatehouse(["up", "--data-dir", dataDir, "--secure-port", port]);
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining(`port ${port} on 127.0.0.1 is in use`) });
    expect(await canConnect(Number(port))).toBe(true);
  });

  test("access-test: etcd accepts the gateway and nobody else", async () => {
    const { code, stdout } = await gatehouse(["access-test", "--data-dir", running.dataDir]);
    expect(stdout.match(/accepted/g)).toHaveLength(1);
    expect(stdout).toMatch(/\(the gateway\).*accepted.*ok/);
    expect(stdout.match(/refused/g)?.length).toBeGreaterThanOrEqual(9);
    expect(code).toBe(0);
  });

  test("etcdctl shows the keys as Kubernetes lays them out, and warns", async () => {
    const { stdout, stderr } = await gatehouse([
      "etcdctl",
      "--data-dir",
      running.dataDir,
      "get",
      "/",
      "--prefix",
      "--keys-only",
    ]);
    expect(stdout).toContain("/registry/minions/node-0\n");
    expect(stdout).toContain("/registry/namespaces/default\n");
    expect(stderr).toContain("past authentication, authorization and audit");
  });
});

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
