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

  #store(lease: Lease): Lease {
    this.lease = {
      ...structuredClone(lease),
      metadata: { ...lease.metadata, resourceVersion: String(++this.#revision) },
    };
    return structuredClone(this.lease);
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
  return { stop, state, done };
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
