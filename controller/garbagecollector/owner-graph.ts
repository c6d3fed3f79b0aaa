import type { Kind } from "../../api/kind.ts";
import { type ApiObject, isDeleting, keyOf, type ObjectKey, type OwnerReference } from "../../api/meta.ts";

export const orphanFinalizer = "orphan";
export const foregroundFinalizer = "foregroundDeletion";

/** One object, or one that is only known because others name it as their owner (`kind` undefined: not observed). */
export interface GraphNode {
  readonly uid: string;
  readonly key: ObjectKey;
  readonly kind: Kind | undefined;
  /** As last observed; only its metadata counts. */
  readonly object: ApiObject | undefined;
  /** By which a dependent names it; kept for nodes that have not been observed. */
  readonly reference: OwnerReference | undefined;
  readonly owners: readonly OwnerReference[];
  readonly dependents: ReadonlySet<GraphNode>;
}

interface MutableNode {
  uid: string;
  key: ObjectKey;
  kind: Kind | undefined;
  object: ApiObject | undefined;
  reference: OwnerReference | undefined;
  owners: readonly OwnerReference[];
  dependents: Set<MutableNode>;
}

export interface OwnerGraphSink {
  /** Whether this object should go has to be decided (again). */
  mayBeGarbage(uid: string): void;
  /** The dependents of this object have to be orphaned. */
  wantsOrphans(uid: string): void;
}

export const hasFinalizer = (object: ApiObject | undefined, finalizer: string): boolean =>
  object?.metadata?.finalizers?.includes(finalizer) === true;

/** Being deleted, and waiting for its dependents to go first. */
export const isDeletingDependents = (node: Pick<GraphNode, "object">): boolean =>
  node.object !== undefined && isDeleting(node.object) && hasFinalizer(node.object, foregroundFinalizer);

const isOrphaning = (object: ApiObject | undefined) =>
  object !== undefined && isDeleting(object) && hasFinalizer(object, orphanFinalizer);

/** Dependents that keep an owner in foreground deletion from going. */
export const blockingDependents = (node: GraphNode): GraphNode[] =>
  [...node.dependents].filter((dependent) =>
    dependent.owners.some(({ uid, blockOwnerDeletion }) => uid === node.uid && blockOwnerDeletion === true),
  );

/**
 * Who owns whom, over all kinds, by UID. It only remembers and says what needs a look; it decides nothing.
 * @see kubernetes v1.36.0 pkg/controller/garbagecollector/graph_builder.go
 */
export class OwnerGraph {
  readonly #nodes = new Map<string, MutableNode>();
  readonly #sink: OwnerGraphSink;

  constructor(sink: OwnerGraphSink) {
    this.#sink = sink;
  }

  node(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** An object was added or has changed. */
  observe(kind: Kind, object: ApiObject): void {
    const uid = object.metadata?.uid;
    if (uid === undefined) return;
    const owners = object.metadata?.ownerReferences ?? [];
    const known = this.#nodes.get(uid);
    const before = known?.object;
    const node: MutableNode = known ?? {
      uid,
      key: keyOf(object),
      kind,
      object,
      reference: undefined,
      owners: [],
      dependents: new Set(),
    };
    const previousOwners = node.owners;
    Object.assign(node, { key: keyOf(object), kind, object, owners });
    if (known === undefined) this.#nodes.set(uid, node);
    this.#changeOwners(node, previousOwners);

    if (isOrphaning(object) && !isOrphaning(before)) {
      this.#sink.wantsOrphans(uid);
    } else if (isDeletingDependents(node) && !isDeletingDependents({ object: before })) {
      for (const dependent of node.dependents) this.#sink.mayBeGarbage(dependent.uid);
      this.#sink.mayBeGarbage(uid);
    }
  }

  /** An object has gone. Its dependents may be garbage now, and owners that waited for it may go on. */
  remove(uid: string): void {
    const node = this.#nodes.get(uid);
    if (node === undefined) return;
    this.#nodes.delete(uid);
    for (const { uid: ownerUid } of node.owners) {
      const owner = this.#nodes.get(ownerUid);
      if (owner === undefined) continue;
      this.#dropDependent(owner, node);
      if (isDeletingDependents(owner)) this.#sink.mayBeGarbage(ownerUid);
    }
    for (const dependent of node.dependents) this.#sink.mayBeGarbage(dependent.uid);
  }

  #changeOwners(node: MutableNode, previous: readonly OwnerReference[]): void {
    if (previous === node.owners) return;
    const previousByUid = new Map(previous.map((reference) => [reference.uid, reference]));
    for (const reference of node.owners) {
      const before = previousByUid.get(reference.uid);
      previousByUid.delete(reference.uid);
      if (before === undefined) this.#addOwner(node, reference);
      else if (before.blockOwnerDeletion === true && reference.blockOwnerDeletion !== true)
        this.#unblock(reference.uid);
    }
    for (const uid of previousByUid.keys()) {
      const owner = this.#nodes.get(uid);
      if (owner !== undefined) this.#dropDependent(owner, node);
      this.#unblock(uid);
    }
  }

  #addOwner(node: MutableNode, reference: OwnerReference): void {
    const owner = this.#nodes.get(reference.uid);
    if (owner !== undefined) {
      owner.dependents.add(node);
      // An owner in another namespace is no owner.
      const { namespace } = owner.key;
      if (owner.kind !== undefined && namespace !== "" && namespace !== node.key.namespace)
        this.#sink.mayBeGarbage(node.uid);
      return;
    }
    const key = { namespace: node.key.namespace, name: reference.name };
    const { uid } = reference;
    this.#nodes.set(uid, {
      uid,
      key,
      kind: undefined,
      object: undefined,
      reference,
      owners: [],
      dependents: new Set([node]),
    });
    this.#sink.mayBeGarbage(uid);
  }

  #unblock(ownerUid: string): void {
    const owner = this.#nodes.get(ownerUid);
    if (owner !== undefined && isDeletingDependents(owner)) this.#sink.mayBeGarbage(ownerUid);
  }

  #dropDependent(owner: MutableNode, dependent: MutableNode): void {
    owner.dependents.delete(dependent);
    // What is only known as somebody's owner is forgotten with the last of them.
    if (owner.kind === undefined && owner.dependents.size === 0) this.#nodes.delete(owner.uid);
  }
}
