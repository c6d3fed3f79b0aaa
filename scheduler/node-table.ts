import type { Node, Taint } from "../api/generated/types.ts";
import { nameOf } from "../api/meta.ts";
import { resourceAmounts } from "../api/resource-amounts.ts";
import { zoneInterleaved } from "./node-order.ts";
import type { PodInfo } from "./pod-info.ts";

/** One resource over all nodes. */
export interface ResourceColumn {
  readonly name: string;
  allocatable: Float64Array;
  /** Sum of the requests of the Pods on the node, assumed ones included. */
  requested: Float64Array;
}

interface NodeRow {
  name: string;
  /** Absent while there are Pods on a node that has no object (yet, or any more). */
  node: Readonly<Node> | undefined;
  labels: Readonly<Record<string, string>>;
  taints: readonly Taint[];
  /** Bytes by image name. */
  images: ReadonlyMap<string, number>;
  readonly pods: Map<string, PodInfo>;
}

const noLabels: Readonly<Record<string, string>> = Object.freeze({});
const noTaints: readonly Taint[] = [];
const noImages: ReadonlyMap<string, number> = new Map();

/**
 * The state of all nodes, kept up to date change by change. A node is an index; what is read for every node in every
 * scheduling cycle lies in flat arrays, the rest in one row object per node. A cycle runs without awaiting anything, so
 * it reads the table itself and needs no copy of it.
 */
export class NodeTable {
  readonly #indexByName = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #columnByName = new Map<string, ResourceColumn>();
  readonly #nodesPerImage = new Map<string, number>();
  #rows: NodeRow[] = [];
  #size = 64;
  /** Pods on nodes by priority. */
  readonly #podsPerPriority = new Map<number, number>();
  #order: Int32Array | undefined;
  #names: readonly string[] | undefined;

  readonly cpu: ResourceColumn;
  readonly memory: ResourceColumn;
  allocatablePods = new Float64Array(this.#size);
  podCount = new Int32Array(this.#size);
  scoredCpu = new Float64Array(this.#size);
  scoredMemory = new Float64Array(this.#size);
  /** 1 where `spec.unschedulable`. */
  unschedulable = new Uint8Array(this.#size);
  /** How many nodes have what lets a plugin sit out when there is none. */
  readonly counts = { unschedulable: 0, hardTaints: 0, softTaints: 0 };

  constructor() {
    this.cpu = this.column("cpu");
    this.memory = this.column("memory");
  }

  /** Indexes of the nodes that have an object, zones taking turns. */
  get order(): Int32Array {
    this.#order ??= zoneInterleaved(this.#rows.map((row) => row.node));
    return this.#order;
  }

  /** How many nodes have an object. */
  get length(): number {
    return this.order.length;
  }

  /** Names by index as they are now; the array never changes, so that it can be kept to read a past decision. */
  get names(): readonly string[] {
    this.#names ??= this.#rows.map((row) => row.name);
    return this.#names;
  }

  indexOf(name: string): number | undefined {
    const index = this.#indexByName.get(name);
    return index === undefined || this.row(index).node === undefined ? undefined : index;
  }

  name(index: number): string {
    return this.row(index).name;
  }

  row(index: number): Readonly<NodeRow> {
    const row = this.#rows[index];
    if (row === undefined) throw new RangeError(`no node at index ${index}`);
    return row;
  }

  labels(index: number): Readonly<Record<string, string>> {
    return this.row(index).labels;
  }

  /** The column of a resource; one is made for a name not seen before. */
  column(name: string): ResourceColumn {
    let column = this.#columnByName.get(name);
    if (column === undefined) {
      column = { name, allocatable: new Float64Array(this.#size), requested: new Float64Array(this.#size) };
      this.#columnByName.set(name, column);
    }
    return column;
  }

  /** On how many nodes the image is. */
  nodesWithImage(name: string): number {
    return this.#nodesPerImage.get(name) ?? 0;
  }

  /** Whether any Pod on any node has a lower priority. */
  hasPodsBelow(priority: number): boolean {
    for (const other of this.#podsPerPriority.keys()) if (other < priority) return true;
    return false;
  }

  /** Adds a node or replaces its object. */
  setNode(node: Readonly<Node>): number {
    const index = this.#indexFor(nameOf(node));
    const row = this.#mutable(index);
    if (row.node === undefined || zoneOf(row.node) !== zoneOf(node)) this.#order = undefined;
    this.#count(index, -1);
    row.node = node;
    row.labels = node.metadata?.labels ?? noLabels;
    row.taints = node.spec?.taints ?? noTaints;
    row.images = imagesOf(node);
    this.unschedulable[index] = node.spec?.unschedulable === true ? 1 : 0;
    this.#count(index, 1);
    const allocatable = resourceAmounts(node.status?.allocatable);
    for (const column of this.#columnByName.values()) column.allocatable[index] = allocatable.get(column.name) ?? 0;
    for (const [name, amount] of allocatable) this.column(name).allocatable[index] = amount;
    this.allocatablePods[index] = allocatable.get("pods") ?? 0;
    return index;
  }

  /** Forgets a node's object; its row stays as long as Pods are on it. */
  removeNode(name: string): void {
    const index = this.#indexByName.get(name);
    if (index === undefined) return;
    const row = this.#mutable(index);
    this.#count(index, -1);
    row.node = undefined;
    row.labels = noLabels;
    row.taints = noTaints;
    row.images = noImages;
    this.unschedulable[index] = 0;
    this.allocatablePods[index] = 0;
    for (const column of this.#columnByName.values()) column.allocatable[index] = 0;
    this.#order = undefined;
    this.#releaseIfEmpty(index);
  }

  /** Puts a Pod on a node, which need not have an object. Answers the node's index. */
  addPod(nodeName: string, pod: PodInfo): number {
    const index = this.#indexFor(nodeName);
    this.addPodAt(index, pod);
    return index;
  }

  removePod(nodeName: string, pod: PodInfo): void {
    const index = this.#indexByName.get(nodeName);
    if (index === undefined) return;
    this.removePodAt(index, pod);
    this.#releaseIfEmpty(index);
  }

  /** {@link addPod} for one that will be taken off again within the same cycle. */
  addPodAt(index: number, pod: PodInfo): void {
    const { pods } = this.row(index);
    if (pods.has(pod.uid)) return;
    pods.set(pod.uid, pod);
    this.#occupy(index, pod, 1);
  }

  removePodAt(index: number, pod: PodInfo): void {
    const { pods } = this.row(index);
    const known = pods.get(pod.uid);
    if (known === undefined) return;
    pods.delete(pod.uid);
    this.#occupy(index, known, -1);
  }

  #occupy(index: number, pod: PodInfo, sign: 1 | -1): void {
    for (const { name, amount } of pod.requests) {
      const { requested } = this.column(name);
      requested[index] = (requested[index] ?? 0) + sign * amount;
    }
    this.scoredCpu[index] = (this.scoredCpu[index] ?? 0) + sign * pod.scoredCpu;
    this.scoredMemory[index] = (this.scoredMemory[index] ?? 0) + sign * pod.scoredMemory;
    this.podCount[index] = (this.podCount[index] ?? 0) + sign;
    const equals = (this.#podsPerPriority.get(pod.priority) ?? 0) + sign;
    if (equals === 0) this.#podsPerPriority.delete(pod.priority);
    else this.#podsPerPriority.set(pod.priority, equals);
  }

  #count(index: number, sign: 1 | -1): void {
    const { taints, images } = this.row(index);
    if (this.unschedulable[index] === 1) this.counts.unschedulable += sign;
    if (taints.some((taint) => taint.effect !== "PreferNoSchedule")) this.counts.hardTaints += sign;
    if (taints.some((taint) => taint.effect === "PreferNoSchedule")) this.counts.softTaints += sign;
    for (const image of images.keys()) {
      const nodes = (this.#nodesPerImage.get(image) ?? 0) + sign;
      if (nodes === 0) this.#nodesPerImage.delete(image);
      else this.#nodesPerImage.set(image, nodes);
    }
  }

  #mutable(index: number): NodeRow {
    return this.row(index);
  }

  #indexFor(name: string): number {
    const known = this.#indexByName.get(name);
    if (known !== undefined) return known;
    const index = this.#free.pop() ?? this.#rows.length;
    if (index >= this.#size) this.#grow();
    this.#rows[index] = {
      name,
      node: undefined,
      labels: noLabels,
      taints: noTaints,
      images: noImages,
      pods: new Map(),
    };
    this.#indexByName.set(name, index);
    this.#names = undefined;
    return index;
  }

  #releaseIfEmpty(index: number): void {
    const row = this.row(index);
    if (row.node !== undefined || row.pods.size > 0) return;
    this.#indexByName.delete(row.name);
    this.#free.push(index);
  }

  #grow(): void {
    this.#size *= 2;
    for (const column of this.#columnByName.values()) {
      column.allocatable = grown(column.allocatable, this.#size);
      column.requested = grown(column.requested, this.#size);
    }
    this.allocatablePods = grown(this.allocatablePods, this.#size);
    this.scoredCpu = grown(this.scoredCpu, this.#size);
    this.scoredMemory = grown(this.scoredMemory, this.#size);
    const podCount = new Int32Array(this.#size);
    podCount.set(this.podCount);
    this.podCount = podCount;
    const unschedulable = new Uint8Array(this.#size);
    unschedulable.set(this.unschedulable);
    this.unschedulable = unschedulable;
  }
}

function grown(old: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const array = new Float64Array(size);
  array.set(old);
  return array;
}

const zoneOf = (node: Readonly<Node>) => node.metadata?.labels?.["topology.kubernetes.io/zone"];

function imagesOf(node: Readonly<Node>): ReadonlyMap<string, number> {
  const images = node.status?.images;
  if (images === undefined || images.length === 0) return noImages;
  const sizes = new Map<string, number>();
  for (const { names, sizeBytes } of images) for (const name of names ?? []) sizes.set(name, sizeBytes ?? 0);
  return sizes;
}
