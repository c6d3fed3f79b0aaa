import { afterAll, beforeAll, expect, test } from "vitest";
import { realClock } from "../../component-base/clock.ts";
import { eventually } from "../harness/eventually.ts";
import { type GatewayDoor, startGateway, type TestGateway } from "../harness/gateway.ts";
import { type Quorum, quorumOf } from "../harness/quorum.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";
const signal = new AbortController().signal;
const writesPerSecond = 200;
/** Unanswered writes at a time, each on a connection of its own: a starved machine would pile up any number. */
const maxUnanswered = 100;

let gateway: TestGateway;
let quorum: Quorum;
beforeAll(async () => {
  gateway = await startGateway({ members: 3 });
  quorum = quorumOf(gateway.etcd);
});
afterAll(async () => {
  quorum?.close();
  await gateway?.stop();
});

interface Item {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
}

const revisionOf = ({ metadata }: Item) => Number(metadata.resourceVersion);

interface Write {
  readonly name: string;
  readonly through: GatewayDoor;
  readonly answeredMs: number;
  readonly code: number;
}

/** Writes steadily through each gateway in turn, whether it is answered or not. */
class Writer {
  readonly #doors: readonly GatewayDoor[];
  readonly #writes: Promise<void>[] = [];
  readonly answered: Write[] = [];
  /** The longest that this process was kept from writing. */
  stallMs = 0;

  constructor(doors: readonly GatewayDoor[]) {
    this.#doors = doors;
  }

  async run(until: AbortSignal): Promise<void> {
    const everyMs = 1000 / writesPerSecond;
    for (let lastMs = realClock.monotonicMs(), due = 0; !until.aborted; ) {
      await realClock.sleep(everyMs, { signal });
      const nowMs = realClock.monotonicMs();
      this.stallMs = Math.max(this.stallMs, nowMs - lastMs);
      for (due += (nowMs - lastMs) / everyMs; due >= 1; due--) this.#next();
      lastMs = nowMs;
    }
    await Promise.all(this.#writes);
  }

  #next(): void {
    const through = this.#doors[this.#writes.length % this.#doors.length];
    if (through === undefined || this.#writes.length - this.answered.length >= maxUnanswered) return;
    this.#writes.push(this.#write(`w${this.#writes.length}`, through));
  }

  async #write(name: string, through: GatewayDoor): Promise<void> {
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name } };
    const { status } = await through.call(configMaps, { body });
    this.answered.push({ name, through, code: status, answeredMs: realClock.monotonicMs() });
  }
}

async function follow(door: GatewayDoor, revision: string): Promise<string[]> {
  const watch = await door.watch(`${configMaps}?watch=1&resourceVersion=${revision}`);
  const seen: string[] = [];
  const read = async () => {
    for (let event = await watch.next(); event !== undefined; event = await watch.next()) {
      seen.push(`${event.type} ${event.object.metadata.name}`);
    }
  };
  // Its connection breaks when the gateway stops.
  read().catch(() => undefined);
  return seen;
}

test("the leader of three is killed under 200 writes a second", async () => {
  const { leader, followers } = await quorum.roles();
  const onFollower = await gateway.beside(followers.slice(0, 1));
  const onLeader = await gateway.beside([leader]);
  const { resourceVersion } = (await gateway.call(configMaps)).json.metadata;
  const watched = await Promise.all(
    [gateway, gateway, onFollower, onLeader].map((door) => follow(door, resourceVersion)),
  );
  const over = new AbortController();
  const writer = new Writer([gateway, onFollower]);
  const writing = writer.run(over.signal);
  const acknowledged = (door: GatewayDoor) =>
    writer.answered.filter(({ through, code }) => through === door && code === 201);
  await eventually("a hundred writes", () => acknowledged(gateway).length > 100, { timeoutMs: 20_000 });
  const killedMs = realClock.monotonicMs();
  quorum.kill(leader);
  const led = quorum.roles().then(() => realClock.monotonicMs());
  for (const door of [gateway, onFollower]) {
    const after = (ms: number) => acknowledged(door).some(({ answeredMs }) => answeredMs > killedMs + ms);
    await eventually("writes to go on", () => after(1_000) && acknowledged(door).length > 200, { timeoutMs: 20_000 });
  }
  over.abort();
  await writing;

  // etcd elects in 1 to 2 s, a split vote takes it longer; what comes on top of that is ours.
  const electionMs = (await led) - killedMs;
  for (const door of [gateway, onFollower]) {
    const times = acknowledged(door).map(({ answeredMs }) => answeredMs);
    const gapMs = Math.max(...times.slice(1).map((ms, i) => ms - (times[i] ?? 0)));
    expect(gapMs, `the election took ${electionMs} ms`).toBeLessThan(electionMs + 1_000 + writer.stallMs);
  }
  const listed: Item[] = (await gateway.call(configMaps)).json.items;
  const stored = new Set(listed.map(({ metadata }) => metadata.name));
  expect(writer.answered.filter(({ code, name }) => code === 201 && !stored.has(name))).toEqual([]);
  expect(writer.answered.filter(({ code, name }) => code !== 201 && code !== 504 && stored.has(name))).toEqual([]);
  const expected = listed
    .filter((item) => revisionOf(item) > Number(resourceVersion))
    .sort((a, b) => revisionOf(a) - revisionOf(b))
    .map(({ metadata }) => `ADDED ${metadata.name}`);
  for (const seen of watched.slice(0, 3)) {
    await eventually("every event", () => seen.length >= expected.length);
    expect(seen).toEqual(expected);
  }
  const cutOff = watched[3] ?? [];
  expect(cutOff).toEqual(expected.slice(0, cutOff.length));
  expect((await onLeader.call("/readyz?verbose")).text).toContain("[-]etcd failed: reason withheld");
  expect((await onFollower.call("/readyz")).text).toBe("ok");
  await onLeader.stop();
  await onFollower.stop();
});
