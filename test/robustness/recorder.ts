import type { FaultRecord, Operation, WatchRecord } from "./history.ts";

/** Collects what happens while it happens, on one clock. */
export class Recorder {
  readonly operations: Operation[] = [];
  readonly watches: WatchRecord[] = [];
  readonly faults: FaultRecord[] = [];
  readonly #monotonicMs: () => number;
  readonly #startMs: number;
  #nextId = 1;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
    this.#startMs = monotonicMs();
  }

  nowMs(): number {
    return this.#monotonicMs() - this.#startMs;
  }

  operation(operation: Omit<Operation, "kind" | "id" | "returnMs">): void {
    this.operations.push({ kind: "operation", id: this.#nextId++, returnMs: this.nowMs(), ...operation });
  }

  watch(record: Omit<WatchRecord, "kind" | "atMs">): void {
    this.watches.push({ kind: "watch", atMs: this.nowMs(), ...record });
  }

  fault(text: string): void {
    this.faults.push({ kind: "fault", atMs: this.nowMs(), text });
  }
}
