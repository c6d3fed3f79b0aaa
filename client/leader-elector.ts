import { leases } from "../api/coordination/v1/lease.ts";
import type { Lease, LeaseSpec } from "../api/generated/types.ts";
import { StatusError } from "../api/status.ts";
import { type Clock, microTimestamp } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
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
  /** Called whenever another (or this) process is seen to lead. */
  readonly onNewLeader?: (identity: string) => void;
}

export interface LeaderElectorDeps {
  readonly client: Pick<RestClient, "get" | "create" | "update">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random?: () => number;
}

const jitterFactor = 1.2;

/**
 * Lets one of many processes lead, by a Lease. `renewTime` is never compared with a local clock: a lease has expired when
 * its record has not changed for its own duration, by this process's monotonic clock, so clocks may differ but not run at
 * different rates.
 * @see k8s.io/client-go v0.36.0 tools/leaderelection/leaderelection.go
 */
export class LeaderElector {
  readonly #options: Required<Omit<LeaderElectorOptions, "onNewLeader">>;
  readonly #onNewLeader: (identity: string) => void;
  readonly #deps: LeaderElectorDeps;
  readonly #random: () => number;
  #observed: Lease | undefined;
  #observedAtMs = Number.NEGATIVE_INFINITY;
  #reportedLeader = "";

  constructor(options: LeaderElectorOptions, deps: LeaderElectorDeps) {
    const { onNewLeader, ...rest } = options;
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
    if (full.renewDeadlineMs <= jitterFactor * full.retryPeriodMs) {
      throw new Error(`renewDeadline must be greater than retryPeriod*${jitterFactor}`);
    }
    if (full.identity === "") throw new Error("a leader elector needs an identity");
    this.#options = full;
    this.#onNewLeader = onNewLeader ?? (() => undefined);
    this.#deps = deps;
    this.#random = deps.random ?? Math.random;
  }

  /** Whether the last record seen is ours. It may have expired since. */
  get isLeader(): boolean {
    return this.#observed?.spec?.holderIdentity === this.#options.identity;
  }

  /**
   * Waits until this process leads, then calls `lead` with a signal that is aborted when it no longer does. Resolves when
   * `lead` has settled: `lost` means another may lead now and the process had better end; `stopped` that the signal was
   * aborted. Rejects with what `lead` rejects with while it leads.
   */
  async run(options: {
    signal: AbortSignal;
    lead: (options: { signal: AbortSignal }) => Promise<void>;
  }): Promise<"lost" | "stopped"> {
    const { signal } = options;
    if (!(await this.#acquire(signal))) return "stopped";
    const { log } = this.#deps;
    const { identity, name } = this.#options;
    log.info({ lease: name, identity }, "became leader");
    const term = new AbortController();
    const termSignal = AbortSignal.any([signal, term.signal]);
    let failure: { readonly error: unknown } | undefined;
    const work = options.lead({ signal: termSignal }).catch((error: unknown) => {
      if (!termSignal.aborted) failure = { error };
      term.abort(error);
    });
    await this.#renewWhileLeading(termSignal);
    const lost = !termSignal.aborted;
    if (lost) log.error({ lease: name, identity }, "leaderelection lost");
    term.abort(new Error("leaderelection lost"));
    await work;
    if (failure !== undefined) throw failure.error;
    if (!lost && this.#options.releaseOnCancel) await this.#release();
    return lost ? "lost" : "stopped";
  }

  /** True once we lead, false when aborted. */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    const { clock, log } = this.#deps;
    while (!signal.aborted) {
      try {
        if (await this.#tryAcquireOrRenew(signal)) return true;
      } catch (err) {
        if (signal.aborted) return false;
        log.debug({ lease: this.#options.name, err }, "could not acquire the lease");
      }
      if (
        !(await sleepUnlessAborted(clock, this.#options.retryPeriodMs * (1 + jitterFactor * this.#random()), signal))
      ) {
        return false;
      }
    }
    return false;
  }

  /** Returns when the signal is aborted, or when the deadline has passed without a renewal. */
  async #renewWhileLeading(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    const { retryPeriodMs, renewDeadlineMs } = this.#options;
    let lastSuccessMs = clock.monotonicMs();
    while (await sleepUnlessAborted(clock, retryPeriodMs, signal)) {
      const startedMs = clock.monotonicMs();
      const deadlineMs = lastSuccessMs + renewDeadlineMs;
      if (startedMs >= deadlineMs) return;
      const attempt = new AbortController();
      const timer = clock.setTimer(deadlineMs - startedMs, () => attempt.abort(new Error("renew deadline")));
      try {
        if (await this.#tryAcquireOrRenew(AbortSignal.any([signal, attempt.signal]))) lastSuccessMs = startedMs;
      } catch (err) {
        if (signal.aborted) return;
        log.warn({ lease: this.#options.name, err }, "could not renew the lease");
      } finally {
        timer.cancel();
      }
      if (clock.monotonicMs() - lastSuccessMs >= renewDeadlineMs) return;
    }
  }

  async #tryAcquireOrRenew(signal: AbortSignal): Promise<boolean> {
    const { client, clock } = this.#deps;
    const { identity, namespace, name, leaseDurationMs } = this.#options;
    const cached = this.#observed;
    if (cached !== undefined && this.isLeader && !this.#hasExpired()) {
      try {
        this.#observe(await client.update(leases, this.#renewed(cached), { signal }));
        return true;
      } catch (error) {
        if (signal.aborted) throw error;
        this.#deps.log.debug({ lease: name, err: error }, "renewing from the cached record failed; reading it anew");
      }
    }

    let current: Lease;
    try {
      current = await client.get(leases, { namespace, name }, { signal });
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 404) throw error;
      const now = microTimestamp(clock);
      const spec = {
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
        acquireTime: now,
        renewTime: now,
        leaseTransitions: 0,
      };
      this.#observe(await client.create(leases, { metadata: { namespace, name }, spec }, { signal }));
      return true;
    }
    if (!sameRecord(current.spec, this.#observed?.spec)) this.#observe(current);
    const holder = current.spec?.holderIdentity ?? "";
    if (holder !== "" && holder !== identity && !this.#hasExpired()) return false;
    this.#observe(await client.update(leases, this.#renewed(current), { signal }));
    return true;
  }

  /** The lease with us as its holder: a renewal if we are already, else a transition. */
  #renewed(lease: Lease): Lease {
    const { identity, leaseDurationMs } = this.#options;
    const now = microTimestamp(this.#deps.clock);
    const isRenewal = lease.spec?.holderIdentity === identity;
    const transitions = lease.spec?.leaseTransitions ?? 0;
    const spec: LeaseSpec = {
      ...lease.spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
      acquireTime: isRenewal ? (lease.spec?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: isRenewal ? transitions : transitions + 1,
    };
    return { ...lease, spec };
  }

  /** Of the record last seen, by its holder's own duration. */
  #hasExpired(): boolean {
    const durationMs = (this.#observed?.spec?.leaseDurationSeconds ?? 0) * 1000;
    return this.#observedAtMs + durationMs <= this.#deps.clock.monotonicMs();
  }

  #observe(lease: Lease): void {
    this.#observed = lease;
    this.#observedAtMs = this.#deps.clock.monotonicMs();
    const leader = lease.spec?.holderIdentity ?? "";
    if (leader === this.#reportedLeader) return;
    this.#reportedLeader = leader;
    this.#onNewLeader(leader);
  }

  async #release(): Promise<void> {
    const { client, clock, log } = this.#deps;
    const observed = this.#observed;
    if (observed === undefined || !this.isLeader) return;
    const now = microTimestamp(clock);
    const spec: LeaseSpec = {
      ...observed.spec,
      holderIdentity: "",
      leaseDurationSeconds: 1,
      acquireTime: now,
      renewTime: now,
    };
    const deadline = new AbortController();
    const timer = clock.setTimer(2_000, () => deadline.abort(new Error("release deadline")));
    try {
      this.#observe(await client.update(leases, { ...observed, spec }, { signal: deadline.signal }));
    } catch (err) {
      log.warn({ lease: this.#options.name, err }, "could not hand the lease back; it will expire");
    } finally {
      timer.cancel();
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
