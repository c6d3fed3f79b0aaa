import type { Kind } from "../../api/kind.ts";
import { allKinds, kindByApiVersion } from "../../api/kinds.ts";
import { uidOf } from "../../api/meta.ts";
import { runWorkers } from "../../client/workers.ts";
import { createWorkQueue } from "../../client/workqueue.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { discoverKinds } from "../discover-kinds.ts";
import { AbsentOwners } from "./absent-owners.ts";
import { type CollectDeps, collect, orphan } from "./collect.ts";
import { GarbageWriter } from "./garbage-writer.ts";
import { OwnerGraph } from "./owner-graph.ts";

/** Events live for an hour and own nothing; they would only fill the graph. */
const isIgnored = (kind: Kind) => kind.kind === "Event" && (kind.group === "" || kind.group === "events.k8s.io");

const isCollectable = (kind: Kind) =>
  !isIgnored(kind) && (["list", "watch", "delete"] as const).every((verb) => kind.verbs.includes(verb));

const gvk = (kind: Pick<Kind, "apiVersion" | "kind">) => `${kind.apiVersion} ${kind.kind}`;

/**
 * Deletes what lost its owners, and carries foreground and orphaning deletions through. It watches the metadata of every
 * kind that can be deleted, those that appear later included.
 */
export function garbageCollector(context: ControllerContext): Controller {
  const { client, clock, config, log } = context;
  const deletions = createWorkQueue<string>({ clock }, { maxDelayMs: 300_000 });
  const orphanings = createWorkQueue<string>({ clock }, { maxDelayMs: 300_000 });
  const absentOwners = new AbsentOwners();
  const graph = new OwnerGraph({
    mayBeGarbage: (uid) => deletions.add(uid),
    wantsOrphans: (uid) => orphanings.add(uid),
  });
  const monitored = new Map<string, { kind: Kind; whenSynced: (options: { signal: AbortSignal }) => Promise<void> }>();

  function monitor(kind: Kind): void {
    if (monitored.has(gvk(kind))) return;
    const informer = context.metadataInformer(kind);
    monitored.set(gvk(kind), { kind, whenSynced: (options) => informer.whenSynced(options) });
    informer.addHandler({
      onAdd: (object) => graph.observe(kind, object),
      onUpdate(old, object) {
        if (uidOf(old) !== uidOf(object)) gone(uidOf(old));
        graph.observe(kind, object);
      },
      onDelete: (object) => gone(uidOf(object)),
    });
  }

  function gone(uid: string): void {
    if ((graph.node(uid)?.dependents.size ?? 0) > 0) absentOwners.add(uid);
    graph.remove(uid);
  }

  const deps: CollectDeps = {
    graph,
    absentOwners,
    writer: new GarbageWriter(client),
    recorder: context.recorder,
    enqueue: (uid) => deletions.add(uid),
    kindOf: (apiVersion, kind) => monitored.get(`${apiVersion} ${kind}`)?.kind ?? kindByApiVersion(apiVersion, kind),
    get: (kind, key, options) => client.get(kind, key, options),
  };

  /** Kinds come and go with CustomResourceDefinitions. */
  async function followDiscovery(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await clock.sleep(config.gcResyncPeriodMs, { signal });
        const { kinds } = await discoverKinds(client, { signal });
        for (const kind of kinds.filter(isCollectable)) monitor(kind);
      } catch (err) {
        if (signal.aborted) return;
        log.warn({ err }, "could not discover what is served");
      }
    }
  }

  for (const kind of allKinds.filter(isCollectable)) monitor(kind);
  return {
    async run({ signal }) {
      // Nothing is judged before every kind is known: an owner not seen yet is not an owner that has gone.
      await Promise.all([...monitored.values()].map(({ whenSynced }) => whenSynced({ signal })));
      const workers = config.concurrentGcSyncs;
      const done = { kind: "done" } as const;
      await Promise.all([
        followDiscovery(signal),
        runWorkers({
          queue: deletions,
          workers,
          signal,
          log,
          reconcile: (uid, options) => collect(uid, deps, options).then(() => done),
        }),
        runWorkers({
          queue: orphanings,
          workers,
          signal,
          log,
          reconcile: (uid, options) => orphan(uid, deps, options).then(() => done),
        }),
      ]);
    },
  };
}
