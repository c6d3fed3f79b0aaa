import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, createServer, request } from "node:https";
import { createInterface } from "node:readline";
import { realClock } from "../../component-base/clock.ts";
import type { RobustCluster } from "./cluster.ts";
import { pods, registers, wire } from "./objects.ts";
import type { Door } from "./workload.ts";

/** A register or a Pod that passes by. */
interface Body {
  metadata: { name: string; resourceVersion: string; uid: string; labels?: Record<string, string> };
  data?: { write?: string };
  spec?: { nodeName?: string };
}

/** One request and what came back, for a plant to look at and change. */
export interface Passing {
  readonly method: string;
  /** Of the register; empty for a list. */
  readonly name: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** A mistake that a gateway might make, made once, in between; the product has no switch for it. */
export interface Plant {
  readonly name: string;
  /** Answers in the gateway's place. */
  instead?(passing: Passing): { code: number; body: unknown } | undefined;
  /** Another answer than the gateway's. */
  answer?(passing: Passing, answer: { code: number; body: unknown }): { code: number; body: unknown } | undefined;
  /** Another question than the client's. */
  ask?(passing: Passing): void;
  /** What is sent in an event's place, on the one stream that the plant is given. */
  event?(event: { type: string; object: Body }): unknown[] | undefined;
  /** The same for Pods, on every stream. */
  podEvent?(event: { type: string; object: Body }): unknown[] | undefined;
}

/** Of a plant and what it did, so that a test can look for exactly that. */
export interface Done {
  readonly plant: string;
  /** Something that the violation must name. */
  readonly about: string;
}

/** Lets each plant happen once; what it does is noted in `done`. */
export function plants(done: Done[]): Plant[] {
  const note = (plant: string, about: string) => done.push({ plant, about });
  const seen = new Map<string, Body>();
  const remember = ({ name, method }: Passing, { code, body }: { code: number; body: unknown }) => {
    if (name !== "" && code < 300 && method !== "DELETE") seen.set(name, body as Body);
  };
  /** The state before the last write, and since when it is the past. */
  const old = new Map<string, { readonly body: Body; readonly sinceMs: number }>();
  const victims = new WeakMap<Passing, Body>();
  let lastRevision = "";
  let held: { type: string; object: Body } | undefined;
  const events = new Map<string, number>();
  /** True once, when a plant has seen some of what it waits for. */
  const due = (plant: string, at = 15) => {
    events.set(plant, (events.get(plant) ?? 0) + 1);
    return events.get(plant) === at;
  };
  const about = ({ object }: { object: Body }) => `${object.data?.write}@${object.metadata.resourceVersion}`;
  const isPlainUpdate = ({ method, body }: Passing) =>
    (method === "PUT" || method === "PATCH") && wire(body).metadata?.resourceVersion === undefined;
  return [
    {
      name: "drops an event",
      event(event) {
        if (!due(this.name)) return undefined;
        note(this.name, `${about(event)} has not been sent`);
        return [];
      },
    },
    {
      name: "repeats an event",
      event(event) {
        if (!due(this.name)) return undefined;
        note(this.name, `${about(event)}: it was at`);
        return [event, event];
      },
    },
    {
      name: "lets two events change places",
      event(event) {
        if (held !== undefined) {
          const first = held;
          held = undefined;
          return [event, first];
        }
        if (!due(this.name)) return undefined;
        note(this.name, `${about(event)} has not been sent`);
        held = event;
        return [];
      },
    },
    {
      name: "sends a bookmark too early",
      event(event) {
        if (!due(this.name)) return undefined;
        const { resourceVersion } = event.object.metadata;
        note(this.name, `BOOKMARK @${resourceVersion}`);
        return [{ type: "BOOKMARK", object: { metadata: { resourceVersion } } }, event];
      },
    },
    {
      name: "answers a consistent get with an old state",
      ask(passing) {
        // It must have been old for a while when the question came.
        const { method, name, query } = passing;
        const past = old.get(name);
        const isOld = past !== undefined && realClock.monotonicMs() - past.sinceMs > 300;
        if (method === "GET" && query.size === 0 && isOld) victims.set(passing, past.body);
      },
      answer(passing, answer) {
        const { method, name } = passing;
        const before = seen.get(name);
        remember(passing, answer);
        if (method === "DELETE") old.delete(name);
        if (method === "DELETE" || answer.code >= 300 || name === "") return undefined;
        const now = answer.body as Body;
        if (method !== "GET") {
          const isNewer = Number(before?.metadata.resourceVersion) < Number(now.metadata.resourceVersion);
          if (before !== undefined && isNewer) old.set(name, { body: before, sinceMs: realClock.monotonicMs() });
          return undefined;
        }
        const past = victims.get(passing);
        if (past?.metadata.uid !== now.metadata.uid || done.some(({ plant }) => plant === this.name)) return undefined;
        note(this.name, `${registers.prefix}${name}: not linearizable`);
        return { code: 200, body: past };
      },
    },
    {
      name: "acknowledges a write that it has not done",
      instead(passing) {
        const known = seen.get(passing.name);
        if (done.some(({ plant }) => plant === this.name) || !isPlainUpdate(passing) || known === undefined) {
          return undefined;
        }
        const { data } = wire(passing.body);
        const resourceVersion = String(Number(lastRevision) + 1);
        note(this.name, `write ${data?.["write"]} → ok ${data?.["write"]} @${resourceVersion}`);
        return { code: 200, body: { ...known, metadata: { ...known.metadata, resourceVersion }, data } };
      },
    },
    {
      name: "refuses a write that it has done",
      answer({ method }, { code, body }) {
        if (method === "GET" || method === "DELETE" || code >= 300 || !due(this.name)) return undefined;
        note(this.name, `refused, but committed at @${(body as Body).metadata.resourceVersion}`);
        return { code: 503, body: { kind: "Status", message: "planted" } };
      },
    },
    {
      name: "uses a revision twice",
      answer({ method }, { code, body }) {
        if (method === "GET" || method === "DELETE" || code >= 300) return undefined;
        const { metadata } = body as Body;
        const before = lastRevision;
        lastRevision = metadata.resourceVersion;
        if (before === "" || due(this.name) === false) return undefined;
        note(this.name, "two writes have one revision");
        return { code, body: { ...(body as Body), metadata: { ...metadata, resourceVersion: before } } };
      },
    },
    {
      name: "leaves an object out of a list",
      answer({ method, name }, { code, body }) {
        const { items = [], metadata } = wire(body);
        if (method !== "GET" || name !== "" || code !== 200 || items.length < 2 || !due(this.name)) return undefined;
        note(this.name, `is there then, but is not shown`);
        return { code, body: { metadata, items: items.slice(1) } };
      },
    },
    {
      name: "goes back in time when a watch resumes",
      ask({ query }) {
        const revision = Number(query.get("resourceVersion"));
        if (!isWholeWatch(query) || !(revision > 0)) return;
        if (!due(this.name, 5)) return;
        note(this.name, "already");
        query.set("resourceVersion", String(revision - 20));
      },
    },
    {
      name: "shows a Pod on a second node",
      podEvent(event) {
        const { metadata, spec } = event.object;
        if (spec?.nodeName === undefined || !due(this.name, 1)) return undefined;
        note(this.name, `Pod ${metadata.uid} was bound to ${spec.nodeName} and to another-node`);
        return [event, { type: "MODIFIED", object: { ...event.object, spec: { nodeName: "another-node" } } }];
      },
    },
  ];
}

/** A watch on all registers that begins with changes. */
function isWholeWatch(query: URLSearchParams): boolean {
  const narrower = ["labelSelector", "fieldSelector", "sendInitialEvents"].some((name) => query.has(name));
  return query.get("watch") === "true" && !narrower;
}

/** Servers between clients and gateways, with the gateways' own certificate, that let plants change what passes. */
export async function startMiddlemen(
  cluster: RobustCluster,
  plants: readonly Plant[],
): Promise<{ readonly doors: readonly Door[]; stop(): Promise<void> }> {
  // Every plant that changes events has a stream to itself, so that one mistake does not hide another.
  const streams = plants.filter((plant) => plant.event !== undefined);
  const middlemen = await Promise.all(
    cluster.gateways.map((gateway) => startMiddleman(cluster, gateway, { plants, streams })),
  );
  return {
    doors: middlemen.map(({ door }) => door),
    async stop() {
      await Promise.all(middlemen.map((middleman) => middleman.stop()));
    },
  };
}

async function startMiddleman(
  { pki, admin }: RobustCluster,
  gateway: Door,
  { plants, streams }: { plants: readonly Plant[]; streams: Plant[] },
): Promise<{ readonly door: Door; stop(): Promise<void> }> {
  const agent = new Agent({ keepAlive: true, ca: pki.ca, cert: admin.cert, key: admin.key });
  const options = { cert: readFileSync(pki.serverCert), key: readFileSync(pki.serverKey), ca: pki.ca };
  const server = createServer(options, async (incoming, response) => {
    const url = new URL(incoming.url ?? "", "https://gateway");
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const ours = url.pathname.startsWith(registers.path);
    const passing: Passing = {
      method: incoming.method ?? "",
      name: ours ? url.pathname.slice(registers.path.length + 1) : "",
      query: url.searchParams,
      body: bytes.length === 0 ? undefined : JSON.parse(bytes.toString("utf8")),
    };
    const active = ours ? plants : [];
    for (const plant of active) plant.ask?.(passing);
    const instead = active.map((plant) => plant.instead?.(passing)).find((answer) => answer !== undefined);
    if (instead !== undefined) {
      send(response, instead);
      return;
    }
    const path = `${url.pathname}${url.searchParams.size > 0 ? `?${url.searchParams}` : ""}`;
    const headers = { ...incoming.headers, host: `127.0.0.1:${gateway.port}` };
    const target = { host: "127.0.0.1", port: gateway.port, method: passing.method, path, headers, agent };
    const outgoing = request(target, (answer) => {
      if (passing.query.get("watch") === "true" && answer.statusCode === 200) {
        const plant = ours && isWholeWatch(passing.query) ? streams.shift() : undefined;
        const podPlant = url.pathname === pods.path ? plants.find(({ podEvent }) => podEvent !== undefined) : undefined;
        passStream(answer, response, (event) => plant?.event?.(event) ?? podPlant?.podEvent?.(event));
      } else {
        passAnswer(answer, response, passing, active);
      }
    });
    outgoing.on("error", () => response.destroy());
    response.on("close", () => outgoing.destroy());
    outgoing.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    door: { name: gateway.name, port: address.port },
    async stop() {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function passAnswer(
  incoming: IncomingMessage,
  response: ServerResponse,
  passing: Passing,
  plants: readonly Plant[],
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const honest = {
    code: incoming.statusCode ?? 0,
    body: JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown,
  };
  for (const plant of plants) {
    // Only one of them may lie about one answer.
    const lie = plant.answer?.(passing, honest);
    if (lie !== undefined) return send(response, lie);
  }
  send(response, honest);
}

function passStream(
  incoming: IncomingMessage,
  response: ServerResponse,
  change: (event: { type: string; object: Body }) => unknown[] | undefined,
): void {
  response.writeHead(200, { "Content-Type": "application/json" });
  response.flushHeaders();
  const lines = createInterface({ input: incoming, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on("line", (line) => {
    const event = JSON.parse(line) as { type: string; object: Body };
    const changed = event.type === "BOOKMARK" ? undefined : change(event);
    for (const one of changed ?? [event]) response.write(`${JSON.stringify(one)}\n`);
  });
  lines.on("close", () => response.end());
  lines.on("error", () => response.destroy());
  incoming.on("error", () => response.destroy());
}

function send(response: ServerResponse, { code, body }: { code: number; body: unknown }): void {
  const text = JSON.stringify(body);
  response.writeHead(code, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
  response.end(text);
}
