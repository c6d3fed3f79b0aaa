import type { Operation, Outcome, Seen, Verb } from "./history.ts";
import type { HttpClient, Reply } from "./http.ts";
import { registerBody, registers, toSeen, wire } from "./objects.ts";
import type { Recorder } from "./recorder.ts";

export interface Door {
  readonly name: string;
  readonly port: number;
}

/** What all clients know of the registers, as the last answers said; often out of date, which is wanted. */
export interface Board {
  /** Undefined: it was missing when last asked. */
  readonly newest: Map<string, number | undefined>;
  /** The newest revision that anybody was shown. */
  revision: number;
}

export interface WorkloadOptions {
  readonly client: number;
  readonly doors: readonly Door[];
  readonly http: HttpClient;
  readonly recorder: Recorder;
  readonly random: () => number;
  readonly board: Board;
  /** Names of the registers that are in use now. */
  readonly names: () => readonly string[];
}

const pageLimit = 4;
const groups = ["a", "b", "c"] as const;
const timeoutMs = 6_000;

interface Plan {
  readonly name: string;
  readonly door: Door;
  readonly guard: number | undefined;
  readonly group: string;
}

/** One client: does one random operation after the other and records what came of it. */
export class Client {
  readonly #options: WorkloadOptions;
  #writes = 0;

  constructor(options: WorkloadOptions) {
    this.#options = options;
  }

  /** One operation, from its call to its answer. */
  async step(): Promise<void> {
    const { board, random } = this.#options;
    const name = this.#pick(this.#options.names());
    const door = this.#pick(this.#options.doors);
    const newest = board.newest.get(name);
    // Every step draws the same, whatever the others have done: so a seed leads to the same choices again.
    const guard = random() < 0.5 ? newest : undefined;
    const plan = { name, door, guard, group: this.#pick(groups) };
    const dice = random();
    if (dice < 0.3) return await this.#read(plan);
    if (dice < 0.45) return await this.#list(plan);
    if (newest === undefined ? dice < 0.85 : dice < 0.5) return await this.#create(plan);
    if (dice < 0.65) return await this.#update(plan);
    if (dice < 0.85) return await this.#patch(plan);
    await this.#delete(plan);
  }

  async #create(plan: Plan): Promise<void> {
    const { name, group } = plan;
    const body = registerBody({ name, group, write: this.#newWrite() });
    await this.#write("create", { ...plan, guard: undefined }, { method: "POST", path: registers.path, body });
  }

  async #update(plan: Plan): Promise<void> {
    const { name, group, guard } = plan;
    const body = registerBody({ name, group, guard, write: this.#newWrite() });
    await this.#write("update", plan, { method: "PUT", path: `${registers.path}/${plan.name}`, body });
  }

  async #patch(plan: Plan): Promise<void> {
    const { guard, group } = plan;
    const write = this.#newWrite();
    const metadata = { labels: { group }, ...(guard !== undefined && { resourceVersion: String(guard) }) };
    const path = `${registers.path}/${plan.name}`;
    const contentType = "application/merge-patch+json";
    await this.#write("patch", plan, { method: "PATCH", path, contentType, body: { metadata, data: { write } } });
  }

  async #delete(plan: Plan): Promise<void> {
    const { guard } = plan;
    const path = `${registers.path}/${plan.name}`;
    const body = guard === undefined ? undefined : { preconditions: { resourceVersion: String(guard) } };
    await this.#write("delete", plan, { method: "DELETE", path, ...(body && { body }) });
  }

  async #write(
    verb: Verb,
    { name, door, guard }: Plan,
    request: { method: string; path: string; body?: unknown; contentType?: string },
  ): Promise<void> {
    const { http, recorder, client, board } = this.#options;
    const key = `${registers.prefix}${name}`;
    const callMs = recorder.nowMs();
    const reply = await http.ask({ ...request, port: door.port, timeoutMs });
    const outcome = outcomeOf(reply);
    const body = reply.kind === "answer" ? reply.body : undefined;
    const write = verb === "delete" ? undefined : `${client}-${this.#writes}`;
    const seen = outcome === "ok" ? this.#seenOf(verb, key, body) : undefined;
    recorder.operation({
      client,
      gateway: door.name,
      verb,
      key,
      callMs,
      outcome,
      ...summary(reply),
      ...(write !== undefined && { write }),
      ...(guard !== undefined && { guard }),
      ...(seen !== undefined && { seen }),
      ...(seen !== undefined && verb !== "delete" && { revision: seen.revision }),
    });
    if (outcome === "missing" || (outcome === "ok" && verb === "delete")) board.newest.set(name, undefined);
    else if (seen !== undefined) this.#note(name, seen.revision);
  }

  /** A delete's answer tells of the object only its uid. */
  #seenOf(verb: Verb, key: string, body: unknown): Seen {
    if (verb !== "delete") return toSeen(registers.prefix, body);
    const { details, metadata } = wire(body);
    return { key, revision: 0, write: "", uid: details?.uid ?? metadata?.uid ?? "" };
  }

  async #read({ name, door }: Plan): Promise<void> {
    const { http, recorder, client, board, random } = this.#options;
    const key = `${registers.prefix}${name}`;
    const dice = random();
    const read = dice < 0.7 ? "consistent" : dice < 0.85 ? "any" : "notOlderThan";
    const at = read === "notOlderThan" ? board.revision : undefined;
    const query = read === "consistent" ? "" : `?resourceVersion=${at ?? 0}`;
    const callMs = recorder.nowMs();
    const reply = await http.ask({
      method: "GET",
      port: door.port,
      path: `${registers.path}/${name}${query}`,
      timeoutMs,
    });
    const outcome = outcomeOf(reply);
    const seen = outcome === "ok" && reply.kind === "answer" ? toSeen(registers.prefix, reply.body) : undefined;
    recorder.operation({
      client,
      gateway: door.name,
      verb: "get",
      key,
      callMs,
      outcome,
      read,
      ...summary(reply),
      ...(at !== undefined && { at }),
      ...(seen && { seen, revision: seen.revision }),
    });
    if (read === "any") return;
    if (seen !== undefined) this.#note(name, seen.revision);
    else if (outcome === "missing") board.newest.set(name, undefined);
  }

  async #list({ door }: Plan): Promise<void> {
    const { recorder, client, board, random } = this.#options;
    const dice = random();
    const read = dice < 0.55 ? "consistent" : dice < 0.7 ? "any" : dice < 0.85 ? "exact" : "notOlderThan";
    const at = read === "exact" || read === "notOlderThan" ? board.revision : undefined;
    const query = new URLSearchParams();
    if (read !== "consistent") query.set("resourceVersion", String(at ?? 0));
    if (read === "exact") query.set("resourceVersionMatch", "Exact");
    if (read === "notOlderThan") query.set("resourceVersionMatch", "NotOlderThan");
    const limit = (read === "consistent" || read === "exact") && random() < 0.4 ? pageLimit : undefined;
    const group = random() < 0.25 ? this.#pick(groups) : undefined;
    if (group !== undefined) query.set("labelSelector", `group=${group}`);
    const callMs = recorder.nowMs();
    const result = await this.#pages(door, query, limit);
    const { reply, items, pageRevisions } = result;
    const outcome = outcomeOf(reply);
    const revision = pageRevisions[0];
    const operation: Omit<Operation, "kind" | "id" | "returnMs"> = {
      client,
      gateway: door.name,
      verb: "list",
      key: registers.prefix,
      callMs,
      outcome: outcome === "missing" ? "refused" : outcome,
      read,
      ...summary(reply),
      ...(at !== undefined && { at }),
      ...(group !== undefined && { group }),
      ...(limit !== undefined && { limit }),
      ...(outcome === "ok" && { items, pageRevisions, ...(revision !== undefined && { revision }) }),
    };
    recorder.operation(operation);
    if (outcome === "ok" && revision !== undefined) board.revision = Math.max(board.revision, revision);
  }

  /** All pages, each from another gateway, as the token says all. */
  async #pages(first: Door, query: URLSearchParams, limit: number | undefined) {
    const items: Seen[] = [];
    const pageRevisions: number[] = [];
    const { doors } = this.#options;
    if (limit !== undefined) query.set("limit", String(limit));
    for (let at = doors.indexOf(first); ; at++) {
      const door = doors[at % doors.length] ?? first;
      const path = `${registers.path}?${query}`;
      const reply = await this.#options.http.ask({ method: "GET", port: door.port, path, timeoutMs });
      if (reply.kind !== "answer" || reply.code !== 200) return { reply, items, pageRevisions };
      const { metadata, items: page = [] } = wire(reply.body);
      items.push(...page.map((item) => toSeen(registers.prefix, item)));
      pageRevisions.push(Number(metadata?.resourceVersion));
      if (!metadata?.continue) return { reply, items, pageRevisions };
      query.delete("resourceVersion");
      query.delete("resourceVersionMatch");
      query.set("continue", metadata.continue);
    }
  }

  #newWrite(): string {
    return `${this.#options.client}-${++this.#writes}`;
  }

  #note(name: string, revision: number): void {
    const { board } = this.#options;
    if (revision > (board.newest.get(name) ?? 0)) board.newest.set(name, revision);
    board.revision = Math.max(board.revision, revision);
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#options.random() * choices.length)] as T;
  }
}

/** 503 and 429 promise that nothing was done, as does a connection that was never made; 500 and 504 promise nothing. */
export function outcomeOf(reply: Reply): Outcome {
  if (reply.kind === "failure") return reply.sent ? "unknown" : "refused";
  if (reply.code < 300) return "ok";
  if (reply.code === 404) return "missing";
  if (reply.code === 409) return wire(reply.body).reason === "AlreadyExists" ? "exists" : "conflict";
  return reply.code === 500 || (reply.code >= 502 && reply.code !== 503) ? "unknown" : "refused";
}

function summary(reply: Reply): Pick<Operation, "code" | "message"> {
  if (reply.kind === "failure") return { code: 0, message: reply.message };
  const { message } = wire(reply.body);
  return { code: reply.code, ...(reply.code >= 300 && message !== undefined && { message }) };
}
