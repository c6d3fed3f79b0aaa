import { leases } from "../../api/coordination/v1/lease.ts";
import type { Lease } from "../../api/generated/types.ts";
import { ConnectionError } from "../../client/connection-error.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import type { DataDir } from "../data-dir.ts";
import { UserError } from "../user-error.ts";
import { type Candidate, candidatesOf } from "./candidates.ts";
import { type Leadership, leadershipOf, leadershipTable } from "./leadership.ts";

/** Which component competes for which Lease. */
const elections = [
  { lease: "kube-scheduler", component: "scheduler" },
  { lease: "kube-controller-manager", component: "controller" },
] as const;

/**
 * `gatehouse leaders`: the Leases by which components elect a leader, from the API server, and the processes that compete
 * for them, from the data directory if it is this cluster's.
 * @returns the exit code
 */
export async function leaders(options: {
  readonly kubeconfig: string;
  readonly folder: DataDir | undefined;
  readonly output: "table" | "json";
}): Promise<number> {
  const held = await readLeases(options.kubeconfig);
  const nowMs = realClock.now();
  const candidates = (component: string, holder: string): Candidate[] =>
    options.folder === undefined ? [] : candidatesOf(options.folder, component, holder);
  const all: Leadership[] = elections.map(({ lease, component }) => {
    const found = held.find(({ metadata }) => metadata?.name === lease);
    return leadershipOf(lease, found, candidates(component, found?.spec?.holderIdentity ?? ""), nowMs);
  });
  const others = held.filter(
    ({ metadata, spec }) =>
      spec?.leaseTransitions !== undefined && !elections.some(({ lease }) => lease === metadata?.name),
  );
  all.push(...others.map((lease) => leadershipOf(lease.metadata?.name ?? "", lease, [], nowMs)));
  console.log(options.output === "json" ? JSON.stringify(all, null, 2) : leadershipTable(all, nowMs));
  return 0;
}

async function readLeases(kubeconfig: string): Promise<readonly Lease[]> {
  const config = loadKubeconfig(kubeconfig);
  const client = createRestClient(
    { ...config, userAgent: "gatehouse-leaders" },
    { clock: realClock, log: silentLogger },
  );
  try {
    const { items } = await client.list(leases, { namespace: "kube-system", signal: AbortSignal.timeout(10_000) });
    return items;
  } catch (error) {
    if (!(error instanceof ConnectionError) || error.code !== "refused") throw error;
    throw new UserError(`nothing answers at ${config.server}: is the control plane running?`, { cause: error });
  } finally {
    await client.close();
  }
}
