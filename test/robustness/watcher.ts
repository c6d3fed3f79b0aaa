import type { Clock } from "../../component-base/clock.ts";
import type { WatchRecord } from "./history.ts";
import type { HttpClient, Lines } from "./http.ts";
import { type Resource, toSeen, wire } from "./objects.ts";
import type { Recorder } from "./recorder.ts";
import type { Door } from "./workload.ts";

/** How a watcher lives. */
export interface WatcherRow {
  readonly resource: Resource;
  readonly group?: string;
  /** Only the object of this name. */
  readonly name?: string;
  /** `list`: begins with a consistent list; `initialEvents`: asks the watch itself for the state. */
  readonly begins: "list" | "initialEvents";
  /** How long it leaves a connection unread now and then; 0: never. */
  readonly pauseMs: number;
  /** Whether it begins anew now and then, though it need not. */
  readonly restarts: boolean;
  /** How long it stays away at most between two connections; default 0. */
  readonly absentMs?: number;
}

export interface WatcherOptions extends WatcherRow {
  readonly id: number;
  readonly doors: readonly Door[];
  readonly http: HttpClient;
  readonly recorder: Recorder;
  readonly random: () => number;
  readonly clock: Clock;
}

interface Event {
  readonly type?: string;
  readonly object?: unknown;
}

const retryMs = 100;
const timeoutMs = 6_000;

/** One client that watches for ever: after every end it goes on at another gateway from the last revision it knows. */
export class Watcher {
  readonly #options: WatcherOptions;
  #revision: number | undefined;
  /** A slow watcher pauses seldom enough to keep up in the long run. */
  #awakeUntilMs = 0;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /** Where it would resume. */
  get revision(): number {
    return this.#revision ?? 0;
  }

  /** With what the keys that it watches begin. */
  get prefix(): string {
    return `${this.#options.resource.prefix}${this.#options.name ?? ""}`;
  }

  get row(): WatcherRow {
    return this.#options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, doors, random, recorder } = this.#options;
    while (!signal.aborted) {
      const door = doors[Math.floor(random() * doors.length)] as Door;
      if (this.#options.restarts && random() < 0.2) this.#revision = undefined;
      try {
        await clock.sleep((this.#options.absentMs ?? 0) * random(), { signal });
        const went = await this.#connection(door, signal);
        if (went) this.#record(door, { type: "end" });
        else await clock.sleep(retryMs, { signal });
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof SyntaxError) recorder.fault(`watcher ${this.#options.id}: ${error.message}`);
        await clock.sleep(retryMs, { signal }).catch(() => undefined);
      }
    }
  }

  /** @returns whether there was a stream */
  async #connection(door: Door, signal: AbortSignal): Promise<boolean> {
    const { begins, http, random } = this.#options;
    if (this.#revision === undefined && begins === "list" && !(await this.#list(door))) return false;
    const query = this.#query();
    query.set("watch", "true");
    query.set("allowWatchBookmarks", "true");
    // The last bookmark comes two seconds before the end.
    query.set("timeoutSeconds", String(3 + Math.floor(random() * 5)));
    const initial = this.#revision === undefined;
    if (initial) {
      query.set("sendInitialEvents", "true");
      query.set("resourceVersionMatch", "NotOlderThan");
    } else {
      query.set("resourceVersion", String(this.#revision));
    }
    const askedMs = this.#options.recorder.nowMs();
    const stream = await http.watch({ port: door.port, path: `${this.#options.resource.path}?${query}` }, signal);
    try {
      if (stream.code !== 200) {
        if (stream.code === 410) this.#expired(door);
        return false;
      }
      if (!initial) this.#record(door, { type: "open", revision: this.#revision ?? 0 });
      else if (!(await this.#initialEvents(door, stream.lines, askedMs))) return false;
      await this.#follow(door, stream.lines, signal);
      return true;
    } finally {
      stream.close();
    }
  }

  async #follow(door: Door, lines: Lines, signal: AbortSignal): Promise<void> {
    const { pauseMs, random, clock } = this.#options;
    for await (const line of lines) {
      if (!this.#take(door, line as Event)) return;
      // What is not read stays in the sockets, and then in the gateway.
      if (pauseMs === 0 || clock.monotonicMs() < this.#awakeUntilMs || random() > 0.05) continue;
      await clock.sleep(pauseMs, { signal });
      this.#awakeUntilMs = clock.monotonicMs() + 2 * pauseMs;
    }
  }

  /** @returns whether more may come */
  #take(door: Door, { type, object }: Event): boolean {
    if (type === "ERROR") {
      if (wire(object).code === 410) this.#expired(door);
      return false;
    }
    if (type === "BOOKMARK") {
      this.#revision = Number(wire(object).metadata?.resourceVersion);
      this.#record(door, { type, revision: this.#revision });
      return true;
    }
    if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") return false;
    const seen = toSeen(this.#options.resource.prefix, object);
    this.#revision = seen.revision;
    this.#record(door, { type, seen });
    return true;
  }

  /** Reads up to the bookmark that ends them. */
  async #initialEvents(door: Door, lines: Lines, askedMs: number): Promise<boolean> {
    const items = [];
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) return false;
      const { type, object } = value as Event;
      if (type === "ADDED") {
        items.push(toSeen(this.#options.resource.prefix, object));
        continue;
      }
      const { annotations, resourceVersion } = wire(object).metadata ?? {};
      if (type !== "BOOKMARK" || annotations?.["k8s.io/initial-events-end"] !== "true") return false;
      this.#revision = Number(resourceVersion);
      this.#record(door, { type: "state", revision: this.#revision, items, askedMs });
      return true;
    }
  }

  async #list(door: Door): Promise<boolean> {
    const { http, resource } = this.#options;
    const path = `${resource.path}?${this.#query()}`;
    const askedMs = this.#options.recorder.nowMs();
    const reply = await http.ask({ method: "GET", port: door.port, path, timeoutMs });
    if (reply.kind !== "answer" || reply.code !== 200) return false;
    const { metadata, items = [] } = wire(reply.body);
    this.#revision = Number(metadata?.resourceVersion);
    const seen = items.map((item) => toSeen(resource.prefix, item));
    this.#record(door, { type: "state", revision: this.#revision, items: seen, askedMs });
    return true;
  }

  #query(): URLSearchParams {
    const { group, name } = this.#options;
    return new URLSearchParams({
      ...(group !== undefined && { labelSelector: `group=${group}` }),
      ...(name !== undefined && { fieldSelector: `metadata.name=${name}` }),
    });
  }

  #expired(door: Door): void {
    this.#revision = undefined;
    this.#record(door, { type: "expired" });
  }

  #record(door: Door, what: WatchRecord["what"]): void {
    const { id, group, recorder } = this.#options;
    recorder.watch({
      watcher: id,
      gateway: door.name,
      prefix: this.prefix,
      what,
      ...(group !== undefined && { group }),
    });
  }
}
