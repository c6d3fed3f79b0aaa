import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kinds } from "../../api/kinds.ts";
import type { ApiObject } from "../../api/meta.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import type { RestClient } from "../../client/rest-client.ts";
import { createInformer } from "../../client/shared-informer.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { eventually } from "../harness/eventually.ts";
import { gatehouse, startPlane, type TestPlane } from "../harness/plane.ts";

/** As many as a laptop makes in seconds; the measure of the restore itself is taken with 10,000. */
const objects = Number(process.env["GATEHOUSE_TEST_OBJECTS"] ?? 2_000);
const namespace = "default";
const folder = mkdtempSync(join(tmpdir(), "gatehouse-restore-"));
const file = join(folder, "snapshot.db");
const stopping = new AbortController();
const { signal } = stopping;
let plane: TestPlane;
let client: RestClient;

beforeAll(async () => {
  const alone = ["--etcd-unsafe-no-fsync", "--schedulers", "0", "--controller-managers", "0", "--nodes", "0"];
  plane = await startPlane({ flags: ["--etcd-members", "3", "--apiservers", "2", ...alone] });
  const config = { ...loadKubeconfig(plane.kubeconfig), userAgent: "restore-test" };
  client = createRestClient(config, { clock: realClock, log: silentLogger });
});
afterAll(async () => {
  stopping.abort();
  await client?.close();
  await plane?.destroy();
  rmSync(folder, { recursive: true, force: true });
});

const command = (...args: string[]) => gatehouse([...args, "--data-dir", plane.dataDir]);
const list = async () => (await client.list(kinds.configMaps, { namespace, signal })).items;
const body = (name: string, value: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace },
  data: { value },
});

/** 64 at a time. */
async function each(count: number, act: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: 64 }, worker));
}

test("save, wreck, restore: every object is as it was, and an informer that lived through it agrees", async () => {
  await each(objects, (index) => client.create(kinds.configMaps, body(`c-${index}`, "before"), { namespace, signal }));
  const before = await list();
  const saved = await command("snapshot", "save", file);
  expect(saved).toMatchObject({ code: 0 });

  const deps = { client, clock: realClock, log: silentLogger };
  const informer = createInformer({ kind: kinds.configMaps, namespace }, deps);
  const revisions: bigint[] = [];
  const note = () => revisions.push(BigInt(informer.lastSeenRevision));
  informer.addHandler({ onAdd: note, onUpdate: note, onDelete: note });
  const living = informer.run({ signal });
  await informer.whenSynced({ signal });

  await client.update(kinds.configMaps, { ...body("c-0", "after") }, { signal });
  await client.create(kinds.configMaps, body("late", "after"), { namespace, signal });
  await each(objects - 100, (index) =>
    client.delete(kinds.configMaps, { namespace, name: `c-${index + 100}` }, { signal }),
  );
  const newest = (await client.list(kinds.configMaps, { namespace, signal })).metadata?.resourceVersion;

  const refused = await command("restore", file);
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/apiserver \(.*and apiserver-2 \(.*still run/),
  });
  const restored = await command("restore", file, "--stop-gateways", "-o", "json");
  expect(restored).toMatchObject({ code: 0 });
  const { undone } = JSON.parse(restored.stdout);
  expect(undone.vanished).toEqual(["/registry/configmaps/default/late"]);
  expect(undone.cameBack).toHaveLength(objects - 100);
  expect(undone.changed).toContain("/registry/configmaps/default/c-0");

  expect(await list()).toEqual(before);
  const now = (await client.list(kinds.configMaps, { namespace, signal })).metadata?.resourceVersion;
  expect(Number(now)).toBeGreaterThan(Number(newest));
  const brief = (items: readonly Readonly<ApiObject>[]) =>
    items.map(({ metadata }) => `${metadata?.name} ${metadata?.uid} ${metadata?.resourceVersion}`).sort();
  const wanted = brief(before);
  await eventually("the informer has what is there", () => isDeepStrictEqual(brief(informer.list()), wanted), {
    timeoutMs: 30_000,
    everyMs: 500,
  });
  expect(revisions.findIndex((revision, index) => revision < (revisions[index - 1] ?? 0n))).toBe(-1);
  await expect(
    client
      .watch(kinds.configMaps, { namespace, resourceVersion: String(newest), signal })
      [Symbol.asyncIterator]()
      .next(),
  ).rejects.toMatchObject({ status: { code: 410 } });
  stopping.abort();
  await living.catch(() => undefined);
});
