import { longEtcdPaths } from "../etcd-admin/paths.ts";
import type { RequestInfo, UserInfo } from "./request-context.ts";

export interface InFlightLimits {
  /** Reads served at a time. Upstream's default: 400. */
  readonly readOnly: number;
  /** Writes served at a time. Upstream's default: 200. */
  readonly mutating: number;
}

export type Slot = "readOnly" | "mutating";

const readVerbs = new Set(["get", "list", "watch"]);
const longRunningSubresources = new Set(["attach", "exec", "proxy", "log", "portforward"]);

/** Watches and streams: without a deadline, and not counted while they run. */
export const isLongRunning = (info: RequestInfo) =>
  info.isResourceRequest
    ? info.verb === "watch" || (info.subresource !== "" && longRunningSubresources.has(info.subresource))
    : longEtcdPaths.has(info.path);

/** Leaves everything as it is. */
export const isRead = (info: RequestInfo) => readVerbs.has(info.verb);

/** Two counters of requests being served. */
export class InFlight {
  readonly #limits: InFlightLimits;
  readonly current: Record<Slot, number> = { readOnly: 0, mutating: 0 };

  constructor(limits: InFlightLimits) {
    this.#limits = limits;
  }

  /** A place, to be given back; `exempt` for whoever is never refused; undefined: too many. */
  acquire(info: RequestInfo, user: UserInfo): Slot | "exempt" | undefined {
    if (isLongRunning(info)) return "exempt";
    const slot: Slot = isRead(info) ? "readOnly" : "mutating";
    if (this.current[slot] >= this.#limits[slot] && !user.groups.includes("system:masters")) return undefined;
    this.current[slot]++;
    return slot;
  }

  release(slot: Slot): void {
    this.current[slot]--;
  }
}
