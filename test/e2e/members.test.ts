import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kinds } from "../../api/kinds.ts";
import type { EtcdStatusAnswer } from "../../apiserver/etcd-admin/answers.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import type { RestClient } from "../../client/rest-client.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { findEtcd } from "../../etcd/find.ts";
import { eventually } from "../harness/eventually.ts";
import { gatehouse, startPlane, type TestPlane } from "../harness/plane.ts";

const namespace = "default";
const { signal } = new AbortController();
let plane: TestPlane;
let client: RestClient;
let writing: Promise<readonly string[]>;
const stopWriting = new AbortController();

beforeAll(async () => {
  const alone = ["--schedulers", "0", "--controller-managers", "0", "--nodes", "0", "--etcd-unsafe-no-fsync"];
  plane = await startPlane({ flags: ["--etcd-members", "3", "--apiservers", "2", ...alone] });
  const config = { ...loadKubeconfig(plane.kubeconfig), userAgent: "members-test" };
  client = createRestClient(config, { clock: realClock, log: silentLogger });
  writing = write();
});
afterAll(async () => {
  stopWriting.abort();
  await writing;
  await client?.close();
  await plane?.destroy();
});

const command = (...args: string[]) => gatehouse([...args, "--data-dir", plane.dataDir]);

async function status(): Promise<EtcdStatusAnswer> {
  const { stdout } = await command("etcd", "status", "-o", "json");
  return JSON.parse(stdout);
}

/** Writes all the time that members change; answers the names of what was acknowledged. */
async function write(): Promise<readonly string[]> {
  const acknowledged: string[] = [];
  for (let index = 0; !stopWriting.signal.aborted; index++) {
    const name = `c-${index}`;
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name } };
    await client.create(kinds.configMaps, object, { namespace, signal }).then(
      () => acknowledged.push(name),
      () => undefined,
    );
    await realClock.sleep(10, { signal });
  }
  return acknowledged;
}

test("a member that lost its disk is replaced", async () => {
  const [pid = 0] = plane.pids(/etcd --name=etcd-2 /);
  rmSync(join(plane.dataDir, "etcd", "etcd-2"), { recursive: true });
  process.kill(pid, "SIGKILL");
  await eventually("it cannot come back by itself", () => /etcd-2 ended with 1/.test(plane.output()), {
    timeoutMs: 30_000,
  });
  const refused = await command("etcd", "add");
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("etcd is not healthy") });
  const replaced = await command("etcd", "replace", "etcd-2");
  expect(replaced.stderr).toBe("");
  expect(replaced).toMatchObject({ code: 0, stdout: expect.stringContaining("3 voting members now: quorum 2") });
  const { members, cluster } = await status();
  expect(members.map(({ name }) => name).sort()).toEqual(["etcd-1", "etcd-2", "etcd-3"]);
  expect(cluster).toMatchObject({ votersReachable: 3, mayStillLose: 1 });
});

test("from three members to five and back, with the arithmetic of even numbers", async () => {
  const fourth = await command("etcd", "add");
  expect(fourth.stdout).toContain("an odd number is better");
  const fifth = await command("etcd", "add");
  expect(fifth.stdout).toContain("5 voting members now: quorum 3, 2 may still be lost");
  const { leader } = (await status()).cluster;
  for (const name of [leader, "etcd-5"]) {
    expect(await command("etcd", "remove", name === leader && leader === "etcd-5" ? "etcd-4" : name)).toMatchObject({
      code: 0,
    });
  }
  expect((await status()).cluster).toMatchObject({ voters: 3, votersReachable: 3 });
});

test("an upgrade goes member by member; one that etcd does not support is refused", async () => {
  const options = { signal: AbortSignal.timeout(10_000) };
  const { path, version } = await findEtcd({ environment: process.env, say: () => undefined }, options);
  const upgraded = await command("etcd", "upgrade", "--to", path);
  expect(upgraded.code, upgraded.stderr).toBe(0);
  expect(upgraded.stdout.match(/etcd \S+ → \S+/g)).toEqual(Array(3).fill(`etcd ${version} → ${version}`));
  const missing = await command("etcd", "upgrade", "--to", "/no/such/etcd");
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("there is no such program") });
});

test("what was acknowledged meanwhile is there, in every member", async () => {
  stopWriting.abort();
  const acknowledged = await writing;
  expect(acknowledged.length).toBeGreaterThan(100);
  const stored = (await client.list(kinds.configMaps, { namespace, signal })).items;
  const names = new Set(stored.map(({ metadata }) => metadata?.name));
  expect(acknowledged.filter((name) => !names.has(name))).toEqual([]);
  const { stdout } = await command("etcd", "hash", "-o", "json");
  expect(JSON.parse(stdout)).toMatchObject({ agree: true });
});
