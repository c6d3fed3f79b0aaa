import { leases } from "../api/coordination/v1/lease.ts";
import type { Lease, LeaseSpec } from "../api/generated/types.ts";
import { StatusError } from "../api/status.ts";
import { type Clock, microTimestamp } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
import { leaseJitterFactor } from "../component-base/loop-flags.ts";
import { NotLeadingError } from "./not-leading-error.ts";
import type { RestClient } from "./rest-client.ts";

export interface LeaderElectorOptions {
  /** Name of the Lease in `namespace`: the component's, `kube-scheduler` say. */
  readonly name: string;
  /** Default `kube-system`. */
  readonly namespace?: string;
  /** Different in every process that has ever run: `<hostname>_<uuid>`. */
  readonly identity: string;
  /** Default 15 s. */
  readonly leaseDurationMs?: number;
  /** Default 10 s. */
  readonly renewDeadlineMs?: number;
  /** Default 2 s. */
  readonly retryPeriodMs?: number;
  /** Hand the lease back when told to stop. Only safe if `lead` has ended all guarded work by then. Default false. */
  readonly releaseOnCancel?: boolean;
  /** Called when this process has begun to lead, with the Lease. */
  readonly onElected?: (lease: Readonly<Lease>) => void;
}

export interface LeaderElectorDeps {
  /** Should be one that the work does not use: calls that wait for each other must not keep a leader from renewing. */
  readonly client: Pick<RestClient, "get" | "create" | "update">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random?: () => number;
}

export type Lead = (options: { signal: AbortSignal }) => Promise<void>;

/** How long the work of a leader that has lost its lease may take to end; it cannot write any more. */
const lostWorkMs = 2_000;

/**
 * Lets one of many processes lead, by a Lease. `renewTime` is never compared with a local clock: a lease has expired when
 * its record has not changed for its own duration, by this process's monotonic clock, so clocks may differ but not run at
 * different rates.
 * @see k8s.io/client-go v0.36.0 tools/leaderelection/leaderelection.go
 */
export class LeaderElector {
  readonly #options: Required<Omit<LeaderElectorOptions, "onElected">>;
  readonly #onElected: (lease: Readonly<Lease>) => void;
  readonly #deps: LeaderElectorDeps;
  readonly #random: () => number;
  readonly #attemptMs: number;
  #observed: Lease | undefined;
  #observedAtMs = Number.NEGATIVE_INFINITY;
  /** When the call that last made or renewed our lease was begun: nobody else counts from an earlier moment. */
  #renewedAtMs = Number.NEGATIVE_INFINITY;
  /** Aborted with a NotLeadingError when this process may lead no longer. */
  #term: AbortController | undefined;

  constructor(options: LeaderElectorOptions, deps: LeaderElectorDeps) {
    const { onElected, ...rest } = options;
    const full = {
      namespace: "kube-system",
      leaseDurationMs: 15_000,
      renewDeadlineMs: 10_000,
      retryPeriodMs: 2_000,
      releaseOnCancel: false,
      ...rest,
    };
    if (full.leaseDurationMs <= full.renewDeadlineMs)
      throw new Error("leaseDuration must be greater than renewDeadline");
    if (full.renewDeadlineMs <= leaseJitterFactor * full.retryPeriodMs) {
      throw new Error(`renewDeadline must be greater than retryPeriod*${leaseJitterFactor}`);
    }
    if (full.identity === "") throw new Error("a leader elector needs an identity");
    this.#options = full;
    this.#onElected = onElected ?? (() => undefined);
    this.#deps = deps;
    this.#random = deps.random ?? Math.random;
    // Two attempts fit into the time that a leader has: one on a connection that has died without a word, one on another.
    this.#attemptMs = Math.max(1_000, full.renewDeadlineMs / 2);
  }

  /**
   * Throws unless this process leads at this very moment, whatever timers have fired or not: a process that was paused and
   * goes on finds I/O ready before timers. It is to be asked at the last moment before each write; what was on its way
   * before a pause cannot be called back and must be right on its own account (uids, resource versions). The first time that
   * it finds the lease overdue ends the term.
   * @throws NotLeadingError
   */
  assertLeading(): void {
    if (this.#term === undefined) throw new NotLeadingError("standby");
    if (this.#term.signal.aborted || this.#isOverdue()) {
      this.#lose(this.#term);
      throw new NotLeadingError("lost");
    }
  }

  /** The fence for the elector's own calls: a candidate may write, a leader only in its time. @throws NotLeadingError */
  assertMayWriteLease(): void {
    if (this.#term !== undefined) this.assertLeading();
  }

  /**
   * Waits until this process leads, then calls `lead` with a signal that is aborted when it no longer does. Resolves when
   * `lead` has settled: `lost` means another may lead now and the process had better end (then `lead` is not waited for
   * longer than 2 s); `stopped` that the signal was aborted. Rejects with what `lead` rejects with while it leads.
   */
  async run(options: { signal: AbortSignal; lead: Lead }): Promise<"lost" | "stopped"> {
    const { signal } = options;
    const { log } = this.#deps;
    const { identity, name } = this.#options;
    log.info({ lease: name, identity }, "trying to lead");
    const lease = await this.#acquire(signal);
    if (lease === undefined) return "stopped";
    log.info({ lease: name, identity }, "became leader");
    const term = new AbortController();
    this.#term = term;
    this.#onElected(lease);
    const termSignal = AbortSignal.any([signal, term.signal]);
    let failure: { readonly error: unknown } | undefined;
    const work = options.lead({ signal: termSignal }).catch((error: unknown) => {
      if (termSignal.aborted) return;
      failure = { error };
      term.abort(error);
    });
    await this.#renewWhileLeading(termSignal);
    if (failure === undefined && !signal.aborted) {
      this.#lose(term);
      await this.#inTime(work);
      return "lost";
    }
    await work;
    if (failure !== undefined) throw failure.error;
    if (this.#options.releaseOnCancel && !term.signal.aborted && !this.#isOverdue()) await this.#release();
    this.#term = undefined;
    return "stopped";
  }

  #isOverdue(): boolean {
    return this.#deps.clock.monotonicMs() >= this.#renewedAtMs + this.#options.renewDeadlineMs;
  }

  #lose(term: AbortController): void {
    if (term.signal.aborted) return;
    const { name, identity } = this.#options;
    this.#deps.log.error({ lease: name, identity }, "leaderelection lost");
    term.abort(new NotLeadingError("lost"));
  }

  async #inTime(work: Promise<void>): Promise<void> {
    const ended = new AbortController();
    const late = this.#deps.clock.sleep(lostWorkMs, ended).catch(() => undefined);
    await Promise.race([work, late]);
    ended.abort();
  }

  /** Our Lease once we lead, undefined when aborted. */
  async #acquire(signal: AbortSignal): Promise<Lease | undefined> {
    const { clock, log } = this.#deps;
    while (!signal.aborted) {
      try {
        const lease = await this.#attempt(signal, (options) => this.#tryAcquire(options.signal));
        if (lease !== undefined) return lease;
      } catch (err) {
        if (signal.aborted) return undefined;
        log.debug({ lease: this.#options.name, err }, "could not acquire the lease");
      }
      const delayMs = this.#options.retryPeriodMs * (1 + leaseJitterFactor * this.#random());
      if (!(await sleepUnlessAborted(clock, delayMs, signal))) return undefined;
    }
    return undefined;
  }

  /** Returns when the signal is aborted, when the deadline has passed without a renewal, or when another leads. */
  async #renewWhileLeading(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    do {
      if (this.#isOverdue()) return;
      try {
        const isOurs = await this.#attempt(signal, (options) => this.#tryRenew(options.signal));
        if (!isOurs) return;
      } catch (err) {
        if (signal.aborted) return;
        log.warn({ lease: this.#options.name, err }, "could not renew the lease");
      }
      if (this.#isOverdue()) return;
      const leftMs = this.#renewedAtMs + this.#options.renewDeadlineMs - clock.monotonicMs();
      if (!(await sleepUnlessAborted(clock, Math.min(this.#options.retryPeriodMs, leftMs), signal))) return;
    } while (!signal.aborted);
  }

  /** Gives a try half of the renew deadline, and what is left of it to a leader's. */
  async #attempt<T>(signal: AbortSignal, act: (options: { signal: AbortSignal }) => Promise<T>): Promise<T> {
    const { clock } = this.#deps;
    const leads = this.#term !== undefined;
    const leftMs = this.#renewedAtMs + this.#options.renewDeadlineMs - clock.monotonicMs();
    const limit = new AbortController();
    const timer = clock.setTimer(leads ? Math.min(this.#attemptMs, leftMs) : this.#attemptMs, () => {
      limit.abort(new Error("the API server did not answer in time"));
    });
    const onAbort = () => limit.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await act({ signal: limit.signal });
    } finally {
      timer.cancel();
      signal.removeEventListener("abort", onAbort);
    }
  }

  async #tryAcquire(signal: AbortSignal): Promise<Lease | undefined> {
    const current = await this.#read(signal);
    if (current === undefined) return this.#write("create", this.#taken({ metadata: this.#key }), signal);
    if (!sameRecord(current.spec, this.#observed?.spec)) this.#observe(current);
    const holder = current.spec?.holderIdentity ?? "";
    if (holder !== "" && !this.#hasExpired()) return undefined;
    return this.#write("update", this.#taken(current), signal);
  }

  /** False when the lease is not ours any longer, be it that it has expired again since. */
  async #tryRenew(signal: AbortSignal): Promise<boolean> {
    if (this.#observed !== undefined && !this.#hasExpired()) {
      try {
        await this.#write("update", this.#renewed(this.#observed), signal);
        return true;
      } catch (err) {
        if (signal.aborted) throw err;
        this.#deps.log.debug({ lease: this.#options.name, err }, "renewing failed; reading the lease anew");
      }
    }
    const current = await this.#read(signal);
    if (current === undefined) {
      await this.#write("create", this.#taken({ metadata: this.#key }), signal);
      return true;
    }
    if (current.spec?.holderIdentity !== this.#options.identity) return false;
    await this.#write("update", this.#renewed(current), signal);
    return true;
  }

  get #key() {
    return { namespace: this.#options.namespace, name: this.#options.name };
  }

  /** Undefined when there is none. */
  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    try {
      return await this.#deps.client.get(leases, this.#key, { signal });
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return undefined;
      throw error;
    }
  }

  async #write(verb: "create" | "update", lease: Lease, signal: AbortSignal): Promise<Lease> {
    const startedMs = this.#deps.clock.monotonicMs();
    const written = await this.#deps.client[verb](leases, lease, { signal });
    this.#renewedAtMs = startedMs;
    this.#observe(written);
    return written;
  }

  /** The lease with us as its new holder. */
  #taken(lease: Lease): Lease {
    const now = microTimestamp(this.#deps.clock);
    const before = lease.spec;
    const leaseTransitions = before === undefined ? 0 : (before.leaseTransitions ?? 0) + 1;
    return { ...lease, spec: { ...before, ...this.#record(now), acquireTime: now, leaseTransitions } };
  }

  #renewed(lease: Lease): Lease {
    return { ...lease, spec: { ...lease.spec, ...this.#record(microTimestamp(this.#deps.clock)) } };
  }

  #record(renewTime: string): LeaseSpec {
    const { identity, leaseDurationMs } = this.#options;
    return { holderIdentity: identity, leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000), renewTime };
  }

  /** Of the record last seen, by its holder's own duration. */
  #hasExpired(): boolean {
    const durationMs = (this.#observed?.spec?.leaseDurationSeconds ?? 0) * 1000;
    return this.#observedAtMs + durationMs <= this.#deps.clock.monotonicMs();
  }

  #observe(lease: Lease): void {
    this.#observed = lease;
    this.#observedAtMs = this.#deps.clock.monotonicMs();
  }

  async #release(): Promise<void> {
    const { clock, log } = this.#deps;
    const observed = this.#observed;
    if (observed === undefined) return;
    const now = microTimestamp(clock);
    const spec: LeaseSpec = {
      ...observed.spec,
      holderIdentity: "",
      leaseDurationSeconds: 1,
      acquireTime: now,
      renewTime: now,
    };
    try {
      const signal = new AbortController().signal;
      await this.#attempt(signal, (limit) => this.#deps.client.update(leases, { ...observed, spec }, limit));
    } catch (err) {
      log.warn({ lease: this.#options.name, err }, "could not hand the lease back; it will expire");
    }
  }
}

function sameRecord(a: LeaseSpec | undefined, b: LeaseSpec | undefined): boolean {
  return (
    a?.holderIdentity === b?.holderIdentity &&
    a?.renewTime === b?.renewTime &&
    a?.acquireTime === b?.acquireTime &&
    a?.leaseTransitions === b?.leaseTransitions &&
    a?.leaseDurationSeconds === b?.leaseDurationSeconds
  );
}

async function sleepUnlessAborted(clock: Clock, delayMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(delayMs, { signal });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
