import type { ProcessInfo, ProcessTable } from "../../component-base/process-table.ts";

/** Asks a program for its version; undefined when it does not say. */
export type AskVersion = (program: string) => Promise<string | undefined>;

/** Processes as another table knows them, with the versions of etcd's: each program is asked once. */
export class EtcdVersions implements ProcessTable {
  readonly #table: ProcessTable;
  readonly #ask: AskVersion;
  readonly #known = new Map<string, string | undefined>();
  readonly #asked = new Set<string>();
  readonly #listeners = new Set<() => void>();

  constructor(table: ProcessTable, ask: AskVersion) {
    this.#table = table;
    this.#ask = ask;
  }

  list(): readonly ProcessInfo[] {
    return this.#table.list().map((process) => {
      const [program] = process.commandLine;
      if (process.row !== "etcd" || program === undefined) return process;
      this.#learn(program);
      const version = this.#known.get(program);
      return version === undefined ? process : { ...process, version };
    });
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    const forget = this.#table.onChange(listener);
    return () => {
      this.#listeners.delete(listener);
      forget();
    };
  }

  #learn(program: string): void {
    if (this.#asked.has(program)) return;
    this.#asked.add(program);
    this.#ask(program).then(
      (version) => {
        this.#known.set(program, version);
        for (const listener of [...this.#listeners]) listener();
      },
      // Asked again when somebody looks again.
      () => this.#asked.delete(program),
    );
  }
}
