import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { leases } from "../api/coordination/v1/lease.ts";
import { referenceTo } from "../api/object-reference.ts";
import type { Clock } from "../component-base/clock.ts";
import type { ConfigOf } from "../component-base/flags.ts";
import type { Logger } from "../component-base/logger.ts";
import type { leaderElectionFlags } from "../component-base/loop-flags.ts";
import { createCoreEventRecorders } from "./core-event-recorder.ts";
import { createRestClient, type RestClientConfig, type RestClientDeps } from "./create-rest-client.ts";
import { type Lead, LeaderElector } from "./leader-elector.ts";
import { createTransport } from "./transport.ts";

export interface ElectionOptions {
  /** The component's, in `kube-system`: `kube-scheduler`. */
  readonly lease: string;
  /** Under "From" of the Lease's events: `default-scheduler`. */
  readonly eventSource: string;
  /** Where the server is, and who we are. */
  readonly server: RestClientConfig;
  readonly config: ConfigOf<typeof leaderElectionFlags>;
}

/** How one of several processes comes to work alone. */
export interface Election {
  /** For the clients of the work: their writes throw unless this process leads. Empty without election. */
  readonly fence: Pick<RestClientDeps, "beforeWrite">;
  /**
   * Runs `lead` at once without election, else while this process leads. Resolves when the signal was aborted.
   * @throws NotLeadingError when it has led and may no longer: what is half done here is not to be gone on with
   */
  run(options: { signal: AbortSignal; lead: Lead }): Promise<void>;
}

/**
 * Election as the flags want it. It has connections of its own, so that work in plenty cannot keep a leader from renewing.
 * The lease is handed back on an orderly stop, as kube-scheduler does (kube-controller-manager lets it expire): the work has
 * ended by then.
 */
export function createElection(
  options: ElectionOptions,
  deps: { readonly clock: Clock; readonly log: Logger },
): Election {
  const { lease, eventSource, server, config } = options;
  if (!config.leaderElect) {
    const run: Election["run"] = ({ signal, lead }) => {
      deps.log.info({ lease }, "leading without election");
      return lead({ signal });
    };
    return { fence: {}, run };
  }
  const transport = createTransport(server, { connections: 2 });
  const { userAgent } = server;
  const ofElection = { ...server, userAgent: `${userAgent}/leader-election` };
  const client = createRestClient(ofElection, {
    ...deps,
    transport,
    beforeWrite: () => elector.assertMayWriteLease(),
  });
  const recorders = createCoreEventRecorders({ client, ...deps });
  const identity = `${hostname()}_${randomUUID()}`;
  const elector = new LeaderElector(
    {
      name: lease,
      identity,
      leaseDurationMs: config.leaderElectLeaseDurationMs,
      renewDeadlineMs: config.leaderElectRenewDeadlineMs,
      retryPeriodMs: config.leaderElectRetryPeriodMs,
      releaseOnCancel: true,
      onElected: (held) => {
        const event = { type: "Normal", reason: "LeaderElection", message: `${identity} became leader` } as const;
        recorders.event({ component: eventSource }, referenceTo(leases, held), event);
      },
    },
    { client, ...deps },
  );
  return {
    fence: { beforeWrite: () => elector.assertLeading() },
    async run({ signal, lead }) {
      try {
        const outcome = await elector.run({
          signal,
          lead: async (term) => {
            await Promise.all([lead(term), recorders.run(term)]);
          },
        });
        if (outcome === "lost") elector.assertLeading();
      } finally {
        await transport.close();
      }
    },
  };
}
