import { join } from "node:path";
import { freePorts, isPortFree } from "../component-base/free-port.ts";
import { readIfExists, writeFileAtomically } from "../component-base/secret-file.ts";
import type { MemberPlan } from "./config.ts";
import { finishExchange } from "./snapshot/exchange.ts";

const host = "127.0.0.1";

/**
 * Names and ports of the members, kept in `plan.json` so that a plane comes back where it was. A single member moves to
 * other ports when its own have been taken meanwhile; several cannot, because they know each other by port. A restore that was
 * cut short is finished first.
 *
 * @param members - default: as many as the data was made for, 1 for new data
 * @throws Error when the data was made for another number of members, or when a port of several is taken
 */
export async function planMembers(dataDir: string, members?: number): Promise<readonly MemberPlan[]> {
  finishExchange(dataDir);
  const known = readPlan(dataDir);
  if (known === undefined) {
    const plan = await newMembers(Array.from({ length: members ?? 1 }, (_, index) => `etcd-${index + 1}`));
    writePlan(dataDir, plan);
    return plan;
  }
  if (members !== undefined && known.length !== members) {
    throw new Error(
      `${dataDir} holds an etcd of ${known.length} member${known.length === 1 ? "" : "s"}, not ${members}: ` +
        "leave --etcd-members out, then let it grow or shrink with `gatehouse etcd add` and `gatehouse etcd remove`",
    );
  }
  const taken = await takenPorts(known);
  if (taken.length === 0) return known;
  if (known.length > 1) throw new Error(`etcd's port ${taken.join(" and ")} is in use by another program`);
  const plan = await newMembers(known.map(({ name }) => name));
  writePlan(dataDir, plan);
  return plan;
}

/** Members with ports that are free now. */
export async function newMembers(names: readonly string[]): Promise<MemberPlan[]> {
  const ports = await freePorts(names.length * 3, { host });
  return names.map((name, index) => ({
    name,
    clientPort: ports[index * 3] ?? 0,
    peerPort: ports[index * 3 + 1] ?? 0,
    metricsPort: ports[index * 3 + 2] ?? 0,
  }));
}

/** The first of `etcd-1`, `etcd-2`, … that no member has. */
export function freeMemberName(plan: readonly MemberPlan[]): string {
  const names = new Set(plan.map(({ name }) => name));
  for (let number = 1; ; number++) if (!names.has(`etcd-${number}`)) return `etcd-${number}`;
}

export function writePlan(dataDir: string, plan: readonly MemberPlan[]): void {
  writeFileAtomically(join(dataDir, "plan.json"), `${JSON.stringify(plan, null, 2)}\n`);
}

/** Undefined where no etcd has ever been. */
export function readPlan(dataDir: string): readonly MemberPlan[] | undefined {
  const text = readIfExists(join(dataDir, "plan.json"));
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) && value.length > 0 && value.every(isMember) ? value : undefined;
}

async function takenPorts(plan: readonly MemberPlan[]): Promise<number[]> {
  const ports = plan.flatMap((member) => [member.clientPort, member.peerPort, member.metricsPort]);
  const free = await Promise.all(ports.map((port) => isPortFree(port, { host })));
  return ports.filter((_, index) => !free[index]);
}

function isMember(value: unknown): value is MemberPlan {
  if (typeof value !== "object" || value === null) return false;
  const member = value as Record<string, unknown>;
  const ports = ["clientPort", "peerPort", "metricsPort"] as const;
  return typeof member["name"] === "string" && ports.every((port) => Number.isInteger(member[port]));
}
