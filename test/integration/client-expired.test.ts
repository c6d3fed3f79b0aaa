import { readFileSync } from "node:fs";
import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configMaps } from "../../api/core/v1/config-map.ts";
import { type RunningApiserver, startApiserver } from "../../apiserver/start.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import type { RestClient, WatchCallOptions } from "../../client/rest-client.ts";
import { createInformer } from "../../client/shared-informer.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { eventually } from "../harness/eventually.ts";
import { startGateway, type TestGateway } from "../harness/gateway.ts";
import { rawEtcd } from "../harness/storage.ts";
import { startTcpProxy, type TcpProxy } from "../harness/tcp-proxy.ts";

const namespace = "default";
const path = `/api/v1/namespaces/${namespace}/configmaps`;
const stop = new AbortController();
let gateway: TestGateway;
let restarted: RunningApiserver | undefined;
let proxy: TcpProxy;
let behindProxy: string;

beforeAll(async () => {
  gateway = await startGateway();
  proxy = await startTcpProxy(gateway.apiserver.port);
  behindProxy = readFileSync(gateway.kubeconfig, "utf8").replaceAll(`:${gateway.apiserver.port}`, `:${proxy.port}`);
});
afterAll(async () => {
  stop.abort();
  await proxy?.stop();
  await restarted?.stop();
  await gateway?.stop();
});

/** What a handler was told: each line once, or something was repeated. */
type Log = string[];

const create = (name: string) => gateway.call(path, { body: { metadata: { name } } });
const remove = (name: string) => gateway.call(`${path}/${name}`, { method: "DELETE" });
const change = (name: string) =>
  gateway.call(`${path}/${name}`, {
    method: "PATCH",
    body: { data: { a: "2" } },
    headers: { "Content-Type": "application/merge-patch+json" },
  });

function ourInformer(client: RestClient, log: Log, watches: WatchCallOptions[]) {
  const informer = createInformer(
    { kind: configMaps, namespace },
    {
      client: {
        list: client.list.bind(client),
        watch(kind, options) {
          watches.push(options);
          return client.watch(kind, options);
        },
      },
      clock: realClock,
      log: silentLogger,
      backoff: { initialMs: 20, factor: 1, maxMs: 20, jitter: 0, resetAfterMs: 1_000 },
    },
  );
  informer.addHandler({
    onAdd: (object) => log.push(`add ${object.metadata?.name}`),
    onUpdate(old, object) {
      // Reading the state anew tells of every object; what has not changed says so by its revision.
      if (old.metadata?.resourceVersion === object.metadata?.resourceVersion) return;
      const isSame = old.metadata?.uid === object.metadata?.uid;
      log.push(`${isSame ? "update" : "replace"} ${object.metadata?.name}`);
    },
    onDelete: (object) => log.push(`delete ${object.metadata?.name}`),
  });
  return informer;
}

async function theirInformer(log: Log) {
  const config = new KubeConfig();
  config.loadFromString(behindProxy);
  const core = config.makeApiClient(CoreV1Api);
  const informer = makeInformer<V1ConfigMap>(config, path, () => core.listNamespacedConfigMap({ namespace }));
  const uids = new Map<string, string | undefined>();
  const note = (verb: string) => (object: V1ConfigMap) => {
    const name = object.metadata?.name ?? "";
    const isSame = verb !== "update" || uids.get(name) === object.metadata?.uid;
    uids.set(name, object.metadata?.uid);
    log.push(`${isSame ? verb : "replace"} ${name}`);
  };
  for (const verb of ["add", "update", "delete"] as const) informer.on(verb, note(verb));
  // As its documentation tells users to do.
  informer.on("error", () => {
    void realClock.sleep(50, { signal: stop.signal }).then(
      () => informer.start(),
      () => undefined,
    );
  });
  stop.signal.addEventListener("abort", () => void informer.stop());
  await informer.start();
  return informer;
}

test("clients whose revision was compacted away are told so, read the state anew, and lose and repeat nothing", async () => {
  for (const name of ["stays", "changes", "goes", "reborn"]) await create(name);
  const ours: Log = [];
  const theirs: Log = [];
  const watches: WatchCallOptions[] = [];
  const client = createRestClient(
    { ...loadKubeconfig(gateway.kubeconfig), server: `https://127.0.0.1:${proxy.port}`, userAgent: "expired-test" },
    { clock: realClock, log: silentLogger },
  );
  const our = ourInformer(client, ours, watches);
  const running = our.run({ signal: stop.signal });
  await our.whenSynced({ signal: stop.signal });
  const their = await theirInformer(theirs);
  await eventually("both watch", () => ours.length === 4 && theirs.length === 4);
  const seen = our.lastSeenRevision;
  ours.length = 0;
  theirs.length = 0;

  // A try that was begun before the proxy is restored may be the one that is answered.
  const before = watches.length;
  proxy.cut();
  await change("changes");
  await remove("goes");
  await remove("reborn");
  await create("reborn");
  const { revision } = await create("new").then((answer) => ({
    revision: BigInt(answer.json.metadata.resourceVersion),
  }));
  const { port } = gateway.apiserver;
  await gateway.apiserver.stop();
  const raw = rawEtcd(gateway.etcd);
  await raw.kv.compact(revision, { timeoutMs: 5_000, signal: stop.signal });
  raw.close();
  restarted = await startApiserver({ ...gateway.config, port }, { clock: realClock, log: silentLogger });

  const watch = await gateway.watch(`${path}?watch=true&resourceVersion=${seen}`);
  expect(watch.status).toBe(200);
  expect(await watch.next()).toEqual({
    type: "ERROR",
    object: {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: "The resourceVersion for the provided watch is too old.",
      reason: "Expired",
      code: 410,
    },
  });
  expect(await watch.next()).toBeUndefined();
  const list = await gateway.call(`${path}?resourceVersion=${seen}&resourceVersionMatch=Exact`);
  expect(list.json).toMatchObject({
    code: 410,
    reason: "Expired",
    message: "The resourceVersion for the provided list is too old.",
  });

  proxy.restore();
  await eventually("both have read the state anew", () => ours.includes("add new") && theirs.includes("add new"));
  await create("live");
  await eventually("both watch again", () => ours.includes("add live") && theirs.includes("add live"));
  for (const [who, log] of Object.entries({ ours, theirs })) {
    expect(log.toSorted(), who).toEqual(
      ["add live", "add new", "delete goes", "replace reborn", "update changes"].toSorted(),
    );
  }
  expect(
    watches.slice(before).map(({ resourceVersion, sendInitialEvents }) => ({ resourceVersion, sendInitialEvents })),
  )
    // Tries that met the cut proxy stand there too.
    .toEqual(
      expect.arrayContaining([
        { resourceVersion: seen, sendInitialEvents: undefined },
        { resourceVersion: undefined, sendInitialEvents: true },
      ]),
    );
  const names = ["changes", "live", "new", "reborn", "stays"];
  expect(
    our
      .list()
      .map((object) => object.metadata?.name)
      .toSorted(),
  ).toEqual(names);
  expect(
    their
      .list()
      .map((object) => object.metadata?.name)
      .toSorted(),
  ).toEqual(names);

  stop.abort();
  await running;
  await client.close();
});
