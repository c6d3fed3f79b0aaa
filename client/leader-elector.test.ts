import { describe, expect, test } from "vitest";
import type { Lease } from "../api/generated/types.ts";
import { alreadyExists, notFound, staleObject } from "../api/status.ts";
import { silentLogger } from "../component-base/logger.ts";
import { VirtualClock } from "../component-base/virtual-clock.ts";
import { ConnectionError } from "./connection-error.ts";
import { LeaderElector } from "./leader-elector.ts";
import type { RestClient } from "./rest-client.ts";

const ref = { group: "coordination.k8s.io", resource: "leases" };

/** One Lease with optimistic locking. */
class LeaseServer {
  lease: Lease | undefined;
  reachable = true;
  gets = 0;
  writes = 0;
  /** Keeps answers to writes back. */
  held: Promise<void> = Promise.resolve();
  #revision = 0;

  readonly client = {
    get: async () => {
      this.#check();
      this.gets++;
      if (this.lease === undefined) throw notFound(ref, "x");
      return structuredClone(this.lease);
    },
    create: async (_kind: unknown, lease: Lease) => {
      this.#check();
      if (this.lease !== undefined) throw alreadyExists(ref, "x");
      return this.#store(lease);
    },
    update: async (_kind: unknown, lease: Lease) => {
      this.#check();
      if (lease.metadata?.resourceVersion !== String(this.#revision)) throw staleObject(ref, "x");
      return this.#store(lease);
    },
  } as unknown as RestClient;

  #check(): void {
    if (!this.reachable) throw new ConnectionError("refused", "unreachable");
  }

  takeOver(holderIdentity: string): void {
    this.lease = { ...this.lease, spec: { ...this.lease?.spec, holderIdentity } };
    this.#revision++;
  }

  async #store(lease: Lease): Promise<Lease> {
    this.writes++;
    this.lease = {
      ...structuredClone(lease),
      metadata: { ...lease.metadata, resourceVersion: String(++this.#revision) },
    };
    const stored = structuredClone(this.lease);
    await this.held;
    return stored;
  }
}

function candidate(server: LeaseServer, identity: string, clock: VirtualClock, releaseOnCancel = false) {
  const stop = new AbortController();
  const state = { leads: false, outcome: "" };
  const elector = new LeaderElector(
    { name: "x", identity, releaseOnCancel },
    { client: server.client, clock, log: silentLogger, random: () => 0 },
  );
  const lead = async ({ signal }: { signal: AbortSignal }) => {
    state.leads = true;
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    state.leads = false;
  };
  const done = elector.run({ signal: stop.signal, lead }).then((outcome) => {
    state.outcome = outcome;
  });
  return { stop, state, done, elector };
}

describe("leader elector", () => {
  test("the first creates the lease and renews it in place, without reading it", async () => {
    const clock = new VirtualClock();
    const server = new LeaseServer();
    const a = candidate(server, "a", clock);
    await clock.advance(7_000);
    expect(a.state.leads).toBe(true);
    expect(server.gets).toBe(1);
    expect(server.lease?.spec).toEqual({
      holderIdentity: "a",
      leaseDurationSeconds: 15,
      acquireTime: "2026-01-01T00:00:00.000000Z",
      renewTime: "2026-01-01T00:00:06.000000Z",
      leaseTransitions: 0,
    });
  });

  test("a standby takes over a whole lease duration after the last change it saw, never by the holder's clock", async () => {
    const server = new LeaseServer();
    const clock = new VirtualClock();
    const skewed = new VirtualClock(Date.UTC(2030, 0, 1));
    const a = candidate(server, "a", clock);
    await clock.advance(1_000);
    const b = candidate(server, "b", skewed);
    await skewed.advance(0);
    // The holder falls silent.
    await skewed.advance(14_000);
    expect(b.state.leads).toBe(false);
    await skewed.advance(4_000);
    expect(b.state.leads).toBe(true);
    expect(server.lease?.spec).toMatchObject({ holderIdentity: "b", leaseTransitions: 1 });

    // The old leader wakes, and finds that it cannot renew.
    await clock.advance(12_000);
    await a.done;
    expect(a.state).toEqual({ leads: false, outcome: "lost" });
    expect(b.state.leads).toBe(true);
  });

  test("a leader that cannot renew stops within the deadline, before anyone else may start", async () => {
    const clock = new VirtualClock();
    const server = new LeaseServer();
    const a = candidate(server, "a", clock);
    await clock.advance(2_000);
    server.reachable = false;
    await clock.advance(7_900);
    expect(a.state.leads).toBe(true);
    await clock.advance(2_100);
    expect(a.state).toEqual({ leads: false, outcome: "lost" });
  });

  test("a leader that finds another's name in the lease stops at once", async () => {
    const clock = new VirtualClock();
    const server = new LeaseServer();
    const a = candidate(server, "a", clock);
    await clock.advance(2_500);
    server.takeOver("b");
    await clock.advance(1_600);
    expect(a.state).toEqual({ leads: false, outcome: "lost" });
    expect(server.lease?.spec?.holderIdentity).toBe("b");
  });

  test("a standby may not write, a leader may until ten seconds after the beginning of its last renewal", async () => {
    const clock = new VirtualClock();
    const server = new LeaseServer();
    const a = candidate(server, "a", clock);
    expect(() => a.elector.assertLeading()).toThrow(expect.objectContaining({ code: "standby" }));
    expect(() => a.elector.assertMayWriteLease()).not.toThrow();
    await clock.advance(2_000);
    clock.pause(9_999);
    expect(() => a.elector.assertLeading()).not.toThrow();
    clock.pause(1);
    expect(() => a.elector.assertLeading()).toThrow(expect.objectContaining({ code: "lost" }));
    expect(() => a.elector.assertMayWriteLease()).toThrow(expect.objectContaining({ code: "lost" }));
  });

  test("a leader that was paused has lost before any timer fires, its own lease left alone", async () => {
    const clock = new VirtualClock();
    const server = new LeaseServer();
    const a = candidate(server, "a", clock);
    await clock.advance(2_000);
    const writes = server.writes;
    clock.pause(60_000);
    // I/O that was ready comes first, and somebody wants to act on it.
    expect(() => a.elector.assertLeading()).toThrow("leaderelection lost");
    await clock.advance(0);
    await a.done;
    expect(a.state).toEqual({ leads: false, outcome: "lost" });
    await clock.advance(60_000);
    expect(server.writes).toBe(writes);
    expect(() => a.elector.assertLeading()).toThrow("leaderelection lost");
  });

  test("an answer to a renewal that was long under way counts from its beginning", async () => {
    const clock = new VirtualClock();
    const server = new LeaseServer();
    const a = candidate(server, "a", clock);
    await clock.advance(1_000);
    let answer: () => void = () => undefined;
    server.held = new Promise((resolve) => {
      answer = resolve;
    });
    await clock.advance(1_000);
    clock.pause(9_000);
    answer();
    await clock.advance(0);
    expect(() => a.elector.assertLeading(), "nine seconds after it was sent").not.toThrow();
    clock.pause(1_000);
    expect(() => a.elector.assertLeading()).toThrow("lost");
  });

  test("work that does not end cannot keep a leader that has lost from ending", async () => {
    const clock = new VirtualClock();
    const server = new LeaseServer();
    const elector = new LeaderElector(
      { name: "x", identity: "a" },
      { client: server.client, clock, log: silentLogger, random: () => 0 },
    );
    const outcome = elector.run({ signal: new AbortController().signal, lead: () => new Promise(() => undefined) });
    await clock.advance(1_000);
    server.reachable = false;
    await clock.advance(12_000);
    await expect(outcome).resolves.toBe("lost");
  });

  const releases = [
    { name: "kept", release: false, holder: "a", duration: 15 },
    { name: "handed back if asked for", release: true, holder: "", duration: 1 },
  ];
  test.each(releases)("on a stop the lease is $name", async ({ release, holder, duration }) => {
    const clock = new VirtualClock();
    const server = new LeaseServer();
    const a = candidate(server, "a", clock, release);
    await clock.advance(2_000);
    a.stop.abort();
    await a.done;
    expect(a.state.outcome).toBe("stopped");
    expect(server.lease?.spec).toMatchObject({ holderIdentity: holder, leaseDurationSeconds: duration });
  });

  test("durations that contradict each other are refused", () => {
    const deps = { client: new LeaseServer().client, clock: new VirtualClock(), log: silentLogger };
    const options = { name: "x", identity: "a" };
    expect(() => new LeaderElector({ ...options, leaseDurationMs: 10_000 }, deps)).toThrow("leaseDuration");
    expect(() => new LeaderElector({ ...options, renewDeadlineMs: 2_400 }, deps)).toThrow("renewDeadline");
  });
});
