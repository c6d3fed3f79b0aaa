import { ageOf } from "../../api/duration.ts";
import type { Lease } from "../../api/generated/types.ts";
import { textTable } from "../text-table.ts";
import type { Candidate } from "./candidates.ts";

/** Who leads among the processes of one component; also what `-o json` prints. */
export interface Leadership {
  /** Of the Lease in kube-system. */
  readonly name: string;
  /**
   * `held`: somebody renews it. `expired`: nobody has for its duration, by this machine's clock. `released`: its holder has
   * handed it back. `none`: there is no Lease, for a process that is alone does not elect.
   */
  readonly state: "held" | "expired" | "released" | "none";
  /** `<hostname>_<uuid>`; empty when nobody holds it. */
  readonly holder: string;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseDurationSeconds?: number;
  readonly leaseTransitions?: number;
  readonly candidates: readonly Candidate[];
}

export function leadershipOf(
  name: string,
  lease: Readonly<Lease> | undefined,
  candidates: readonly Candidate[],
  nowMs: number,
): Leadership {
  if (lease?.spec === undefined) {
    return { name, state: "none", holder: "", candidates };
  }
  const { holderIdentity = "", acquireTime, renewTime, leaseDurationSeconds, leaseTransitions } = lease.spec;
  const endMs = Date.parse(renewTime ?? "") + (leaseDurationSeconds ?? 0) * 1_000;
  const state = holderIdentity === "" ? "released" : endMs < nowMs ? "expired" : "held";
  return {
    name,
    state,
    holder: holderIdentity,
    ...(acquireTime !== undefined && { acquireTime }),
    ...(renewTime !== undefined && { renewTime }),
    ...(leaseDurationSeconds !== undefined && { leaseDurationSeconds }),
    ...(leaseTransitions !== undefined && { leaseTransitions }),
    candidates,
  };
}

const header = ["NAME", "HOLDER", "AGE", "RENEWED", "TRANSITIONS", "PROCESSES"];

/** One row for each, and a sentence below about whatever is not as it should be, or may surprise. */
export function leadershipTable(all: readonly Leadership[], nowMs: number): string {
  const rows = all.map((one) => {
    const { name, holder, acquireTime, renewTime, leaseTransitions, candidates } = one;
    const isHeld = holder !== "";
    return [
      name,
      isHeld ? holder : "<none>",
      isHeld ? ageOf(acquireTime, nowMs) : "-",
      renewTime === undefined ? "-" : `${ageOf(renewTime, nowMs)} ago`,
      String(leaseTransitions ?? "-"),
      candidates.map(describe).join(", ") || "-",
    ];
  });
  return [textTable(header, rows), ...all.flatMap(remark)].join("\n");
}

function describe({ name, pid, role, paused }: Candidate): string {
  return `${name} (${role}, ${paused ? "paused, " : ""}process ${pid})`;
}

function remark({ name, state, leaseDurationSeconds, candidates }: Leadership): string[] {
  const alone = candidates.find(({ elects }) => !elects);
  if (alone !== undefined) {
    const lease = state === "none" ? "there is no lease" : "the lease is an old one";
    return [`${name}: ${lease}: ${alone.name} is alone, leads from its start and needs none`];
  }
  if (state === "expired") {
    return [`${name}: the lease has expired, not renewed for ${leaseDurationSeconds} s: a standby may take it`];
  }
  if (state === "released") return [`${name}: its holder has handed the lease back: a standby may take it`];
  if (state !== "none") return [];
  return candidates.length > 0
    ? [`${name}: there is no lease yet: nobody has come to lead`]
    : [`${name}: there is no lease: a process that is alone leads from its start and needs none`];
}
