import type { Kind } from "../../api/kind.ts";
import { type ApiObject, isDeleting, type ObjectKey, type OwnerReference, uidOf } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import type { EventSink } from "../event-sink.ts";
import type { AbsentOwners } from "./absent-owners.ts";
import { type OwnerFact, type OwnerState, verdict } from "./classify.ts";
import type { GarbageWriter } from "./garbage-writer.ts";
import {
  blockingDependents,
  foregroundFinalizer,
  type GraphNode,
  isDeletingDependents,
  type OwnerGraph,
  orphanFinalizer,
} from "./owner-graph.ts";

export interface CollectDeps {
  readonly graph: OwnerGraph;
  readonly absentOwners: AbsentOwners;
  readonly writer: GarbageWriter;
  readonly recorder: EventSink;
  readonly enqueue: (uid: string) => void;
  /** The kind a reference names, if the server serves it. */
  readonly kindOf: (apiVersion: string, kind: string) => Kind | undefined;
  /** Reads the object live. @throws StatusError */
  readonly get: (kind: Kind, key: ObjectKey, options: { signal: AbortSignal }) => Promise<ApiObject>;
}

/**
 * Decides about one object: whether its owners exist, and if none does, deletes it. What the graph has observed counts;
 * an owner that it has not observed is asked for live, since the object may be deleted on the answer.
 */
export async function collect(uid: string, deps: CollectDeps, options: { signal: AbortSignal }): Promise<void> {
  const { graph, writer } = deps;
  const { signal } = options;
  const node = graph.node(uid);
  if (node === undefined) return;
  const { kind, object } = node;
  if (kind === undefined || object === undefined) {
    await verifyUnobserved(node, deps, signal);
    return;
  }
  if (isDeleting(object)) {
    if (isDeletingDependents(node)) await finishForeground(node, { kind, object }, deps, signal);
    return;
  }
  const owners: OwnerFact[] = [];
  for (const reference of node.owners) {
    owners.push({ reference, state: await ownerState(reference, { kind, object }, deps, signal) });
  }
  const decision = verdict(object, owners, node.dependents.size > 0);
  switch (decision.kind) {
    case "keep":
      return;
    case "dropReferences":
      await writer.removeOwners({ kind, object }, decision.uids, signal);
      return;
    case "delete":
      // Of a cycle of objects in foreground deletion somebody has to go first.
      if (decision.policy === "Foreground" && [...node.dependents].some(isDeletingDependents)) {
        await writer.unblockOwners({ kind, object }, signal);
      }
      await writer.delete({ kind, object }, decision.policy, signal);
  }
}

/** Somebody names it as an owner, but no informer has brought it: if it does not exist, its dependents are garbage. */
async function verifyUnobserved(node: GraphNode, deps: CollectDeps, signal: AbortSignal): Promise<void> {
  const { reference } = node;
  if (reference === undefined || (await existsLive(reference, node.key.namespace, deps, signal))) return;
  deps.absentOwners.add(node.uid);
  deps.graph.remove(node.uid);
}

interface Observed {
  readonly kind: Kind;
  readonly object: ApiObject;
}

async function finishForeground(
  node: GraphNode,
  self: Observed,
  deps: CollectDeps,
  signal: AbortSignal,
): Promise<void> {
  const blocking = blockingDependents(node);
  if (blocking.length === 0) {
    await deps.writer.removeFinalizer(self, foregroundFinalizer, signal);
    return;
  }
  for (const dependent of blocking) if (!isDeletingDependents(dependent)) deps.enqueue(dependent.uid);
}

async function ownerState(
  reference: OwnerReference,
  dependent: Observed,
  deps: CollectDeps,
  signal: AbortSignal,
): Promise<OwnerState> {
  const { graph, absentOwners } = deps;
  if (absentOwners.has(reference.uid)) return "absent";
  const { namespace = "" } = dependent.object.metadata ?? {};
  const owner = graph.node(reference.uid);
  if (owner?.object !== undefined) {
    if (owner.key.namespace === "" || owner.key.namespace === namespace) {
      return isDeletingDependents(owner) ? "waiting" : "solid";
    }
    reportOtherNamespace(reference, dependent, deps);
    return namespace === "" ? "solid" : "absent";
  }
  if (await existsLive(reference, namespace, deps, signal)) return "solid";
  absentOwners.add(reference.uid);
  return "absent";
}

function reportOtherNamespace(reference: OwnerReference, dependent: Observed, deps: CollectDeps): void {
  const { apiVersion, kind, name, uid } = reference;
  const { namespace = "" } = dependent.object.metadata ?? {};
  const text = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
  const message = `ownerRef ${text} does not exist in namespace "${namespace}"`;
  deps.recorder.event(dependent.kind, dependent.object, {
    type: "Warning",
    reason: "OwnerRefInvalidNamespace",
    message,
  });
}

/** @throws Error while the owner's kind is not served: that says nothing about the owner */
async function existsLive(
  reference: OwnerReference,
  namespace: string,
  deps: CollectDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const { apiVersion, kind: kindName, name, uid } = reference;
  const kind = deps.kindOf(apiVersion, kindName);
  if (kind === undefined) throw new Error(`no kind ${kindName} in ${apiVersion} is served`);
  // A cluster-scoped object cannot belong to a namespaced one: nobody can say which, so it is left alone.
  if (kind.scope === "Namespaced" && namespace === "") return true;
  try {
    const key = { namespace: kind.scope === "Namespaced" ? namespace : "", name };
    return uidOf(await deps.get(kind, key, { signal })) === uid;
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) return false;
    throw error;
  }
}

/** Frees the dependents of an object whose deletion wants them kept, then lets the object go. */
export async function orphan(uid: string, deps: CollectDeps, options: { signal: AbortSignal }): Promise<void> {
  const node = deps.graph.node(uid);
  const { signal } = options;
  if (node?.kind === undefined || node.object === undefined) return;
  await Promise.all(
    [...node.dependents].map(async ({ kind, object }) => {
      if (kind !== undefined && object !== undefined) await deps.writer.removeOwners({ kind, object }, [uid], signal);
    }),
  );
  await deps.writer.removeFinalizer({ kind: node.kind, object: node.object }, orphanFinalizer, signal);
}
