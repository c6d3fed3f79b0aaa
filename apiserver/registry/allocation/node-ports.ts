import type { ApiObject } from "../../../api/meta.ts";
import { StorageError, type StoredObject, type UpdateDecision, type WriteContext } from "../../storage/storage.ts";
import { AllocationError, type AllocatorDeps, randomFraction } from "./cluster-ips.ts";

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

interface RangeAllocation extends ApiObject {
  range: string;
  /** Base64 of one bit per port, the first port being the lowest bit of the first byte. */
  data: string;
}

/**
 * Node ports: one bit each in one object, changed under the guard of its revision.
 * @see k8s.io/kubernetes v1.36.0 pkg/registry/core/service/portallocator/allocator.go
 */
export class NodePorts {
  readonly #deps: AllocatorDeps;
  readonly #range: PortRange;

  constructor(range: PortRange, deps: AllocatorDeps) {
    this.#deps = deps;
    this.#range = range;
  }

  contains(port: number): boolean {
    return port >= this.#range.first && port <= this.#range.last;
  }

  /** `30000-32767` */
  get rangeText(): string {
    return `${this.#range.first}-${this.#range.last}`;
  }

  get outOfRangeText(): string {
    return `provided port is not in the valid range. The range of valid ports is ${this.rangeText}`;
  }

  /**
   * Takes `wanted` ports and `count` others.
   * @returns the others
   * @throws AllocationError naming the port that is taken; nothing is kept then
   */
  async take(
    { wanted, count }: { wanted: readonly number[]; count: number },
    { write, dryRun }: { write: WriteContext; dryRun: boolean },
  ): Promise<number[]> {
    let chosen: number[] = [];
    const set = (bits: Buffer) => {
      for (const port of wanted) if (this.#has(bits, port)) throw new PortTaken(port);
      for (const port of wanted) this.#set(bits, port, { taken: true });
      chosen = this.#choose(bits, count);
      return true;
    };
    if (dryRun) set(this.#bits(this.#deps.storage.cached.get(this.#key)?.object as RangeAllocation | undefined));
    else await this.#change(set, write);
    return chosen;
  }

  async release(ports: readonly number[], write: WriteContext): Promise<void> {
    if (ports.length === 0) return;
    await this.#change((bits) => {
      const held = ports.filter((port) => this.#has(bits, port));
      for (const port of held) this.#set(bits, port, { taken: false });
      return held.length > 0;
    }, write);
  }

  /**
   * Sets right what the object says: `judge` gets the ports that it calls taken and says which ones are to be taken and which
   * free; it is asked again when another writer was faster.
   */
  async correct(
    judge: (
      taken: ReadonlySet<number>,
    ) => Promise<{ readonly take: readonly number[]; readonly free: readonly number[] }>,
    write: WriteContext,
  ): Promise<void> {
    await this.#change(async (bits) => {
      const { take, free } = await judge(new Set(this.#all(bits)));
      for (const port of take) this.#set(bits, port, { taken: true });
      for (const port of free) this.#set(bits, port, { taken: false });
      return take.length + free.length > 0;
    }, write);
  }

  get #key(): string {
    return `${this.#deps.etcdPrefix}/ranges/servicenodeports`;
  }

  async #change(change: (bits: Buffer) => boolean | Promise<boolean>, write: WriteContext): Promise<void> {
    const decide = async (current: StoredObject | undefined): Promise<UpdateDecision> => {
      const bits = this.#bits(current?.object as Readonly<RangeAllocation> | undefined);
      return (await change(bits)) ? { kind: "put", object: this.#object(bits) } : { kind: "keep" };
    };
    try {
      await this.#deps.storage.update(this.#key, decide, write);
    } catch (error) {
      // Nothing is taken, and nothing had to be changed.
      if (!(error instanceof StorageError) || error.code !== "NotFound") throw error;
    }
  }

  #object(bits: Buffer): RangeAllocation {
    return {
      kind: "RangeAllocation",
      apiVersion: "v1",
      metadata: { name: "servicenodeports" },
      range: this.rangeText,
      data: bits.toString("base64"),
    };
  }

  #bits(stored: Readonly<RangeAllocation> | undefined): Buffer {
    const bits = Buffer.alloc(Math.ceil((this.#range.last - this.#range.first + 1) / 8));
    if (stored !== undefined) Buffer.from(stored.data, "base64").copy(bits);
    return bits;
  }

  *#all(bits: Buffer): Iterable<number> {
    for (let port = this.#range.first; port <= this.#range.last; port++) if (this.#has(bits, port)) yield port;
  }

  #has(bits: Buffer, port: number): boolean {
    const offset = port - this.#range.first;
    return ((bits[offset >> 3] ?? 0) & (1 << (offset & 7))) !== 0;
  }

  #set(bits: Buffer, port: number, { taken }: { taken: boolean }): void {
    const offset = port - this.#range.first;
    const mask = 1 << (offset & 7);
    const byte = bits[offset >> 3] ?? 0;
    bits[offset >> 3] = taken ? byte | mask : byte & ~mask;
  }

  /** Free ports above the band that requests by number use, then in it. */
  #choose(bits: Buffer, count: number): number[] {
    const { first, last } = this.#range;
    const size = last - first + 1;
    const band = size < 32 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128);
    const start = Math.floor(randomFraction(this.#deps.random) * (size - band));
    const chosen: number[] = [];
    for (let step = 0; step < size && chosen.length < count; step++) {
      const offset = step < size - band ? band + ((start + step) % (size - band)) : step - (size - band);
      if (this.#has(bits, first + offset)) continue;
      this.#set(bits, first + offset, { taken: true });
      chosen.push(first + offset);
    }
    if (chosen.length < count) throw new AllocationError("range is full");
    return chosen;
  }
}

export const portTakenText = "provided port is already allocated";

/** A port asked for by number is somebody else's. */
export class PortTaken extends AllocationError {
  readonly port: number;

  constructor(port: number) {
    super(portTakenText);
    this.port = port;
  }
}
