import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { kinds } from "../../api/kinds.ts";
import { StatusError } from "../../api/status.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import type { RestClient } from "../../client/rest-client.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { seededRandom } from "../../component-base/seeded-random.ts";
import { startPlane, type TestPlane } from "../harness/plane.ts";

const seed = Number(process.env["GATEHOUSE_SEED"] ?? 7);
const cuts = Number(process.env["GATEHOUSE_POWER_CUTS"] ?? 20);
const flags = ["--etcd-members", process.env["GATEHOUSE_ETCD_MEMBERS"] ?? "1"];
/** Twice as fast to start on two cores; what they leave behind is tested every fifth time. */
const withoutLoops = ["--schedulers", "0", "--controller-managers", "0"];
const options = { timeout: 60_000 + cuts * 10_000 };
const writers = 8;
const namespace = "default";
const root = mkdtempSync(join(tmpdir(), "gatehouse-power-loss-"));
let plane: TestPlane | undefined;

afterAll(async () => {
  await plane?.stop();
  rmSync(root, { recursive: true, force: true });
});

/** What a ConfigMap may hold: one value when the last write was acknowledged, two when it was cut off; absent is a value. */
type Possible = readonly (string | undefined)[];

/**
 * Every process is killed outright, at the same moment. What the kernel holds of files survives that, unlike a real loss of
 * power: that an acknowledged write has reached the disk is etcd's fsync, which is on; that everything finds its way back
 * from files, locks and process ids as they were at any moment is tested here.
 */
test(
  `${cuts} times all is killed at once while it is written to: every acknowledged write is there (seed ${seed})`,
  options,
  async () => {
    const random = seededRandom(seed);
    const ledger = new Map<string, Possible>();
    let newestRevision = 0;
    let acknowledged = 0;
    for (let cut = 0; cut <= cuts; cut++) {
      plane = await startPlane({ dataDir: root, flags: [...flags, ...(cut % 5 === 0 ? [] : withoutLoops)] });
      const config = { ...loadKubeconfig(plane.kubeconfig), userAgent: "power-loss-test", connections: writers };
      const client = createRestClient(config, { clock: realClock, log: silentLogger });
      const { items, metadata } = await client.list(kinds.configMaps, {
        namespace,
        signal: new AbortController().signal,
      });
      expect(Number(metadata?.resourceVersion), "revisions go on").toBeGreaterThanOrEqual(newestRevision);
      const stored = new Map(items.map((item) => [item.metadata?.name ?? "", item.data?.["value"]]));
      stored.delete("kube-root-ca.crt");
      for (const [name, possible] of ledger) {
        expect(possible, `${name} after ${cut} cuts`).toContain(stored.get(name));
        ledger.set(name, [stored.get(name)]);
        stored.delete(name);
      }
      expect([...stored.keys()], "nobody wrote these").toEqual([]);

      if (cut === cuts) break;
      const power = new AbortController();
      const writing = Array.from({ length: writers }, (_, writer) =>
        write({ client, ledger, prefix: `w-${cut}-${writer}`, random, signal: power.signal }),
      );
      await realClock.sleep(100 + random() * 300, { signal: new AbortController().signal });
      await cutPower(plane);
      power.abort();
      for (const { count, revision } of await Promise.all(writing)) {
        acknowledged += count;
        newestRevision = Math.max(newestRevision, revision);
      }
      await client.close();
    }
    expect(acknowledged).toBeGreaterThan(cuts);
  },
);

/** Kills the launcher, the guards and all that they guard. */
async function cutPower(plane: TestPlane): Promise<void> {
  const exit = once(plane.launcher, "exit");
  const all = plane.pids(/^/);
  plane.launcher.kill("SIGKILL");
  for (const pid of all) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it has ended since it was listed
    }
  }
  await exit;
}

interface Writer {
  readonly client: RestClient;
  readonly ledger: Map<string, Possible>;
  readonly prefix: string;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** Creates, changes and deletes until the server is gone; answers how much was acknowledged, and the newest revision of it. */
async function write({ client, ledger, prefix, random, signal }: Writer): Promise<{ count: number; revision: number }> {
  let revision = 0;
  let count = 0;
  for (;;) {
    const isNew = count === 0 || random() < 0.6;
    const name = `${prefix}-${isNew ? count : Math.floor(random() * count)}`;
    const before = ledger.get(name)?.[0];
    const isDelete = before !== undefined && random() < 0.3;
    const value = isDelete ? undefined : String(random());
    const object = { metadata: { name, namespace }, data: { value: value ?? "" } };
    ledger.set(name, [before, value]);
    try {
      if (isDelete) await client.delete(kinds.configMaps, { namespace, name }, { signal });
      else {
        const written = await client[before === undefined ? "create" : "update"](kinds.configMaps, object, { signal });
        revision = Math.max(revision, Number(written.metadata?.resourceVersion));
      }
    } catch (error) {
      if (error instanceof StatusError && error.code < 500) throw error;
      return { count, revision }; // cut off: it may have been done or not
    }
    ledger.set(name, [value]);
    count++;
  }
}
