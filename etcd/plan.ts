import { join } from "node:path";
import { freePorts, isPortFree } from "../component-base/free-port.ts";
import { readIfExists, writeFileAtomically } from "../component-base/secret-file.ts";
import type { MemberPlan } from "./config.ts";

const host = "127.0.0.1";

/**
 * Names and ports of the members, kept in `plan.json` so that a plane comes back where it was. A single member moves to
 * other ports when its own have been taken meanwhile; several cannot, because they know each other by port.
 *
 * @throws Error when the data was made for another number of members, or when a port of several is taken
 */
export async function planMembers(dataDir: string, members: number): Promise<readonly MemberPlan[]> {
  const file = join(dataDir, "plan.json");
  const known = parsePlan(readIfExists(file));
  if (known !== undefined) {
    if (known.length !== members) {
      throw new Error(
        `${dataDir} holds an etcd of ${known.length} members, not ${members}: choose another data directory`,
      );
    }
    const taken = await takenPorts(known);
    if (taken.length === 0) return known;
    if (members > 1) throw new Error(`etcd's port ${taken.join(" and ")} is in use by another program`);
  }
  const ports = await freePorts(members * 3, { host });
  const plan = Array.from({ length: members }, (_, index) => ({
    name: members === 1 ? "default" : `etcd-${index}`,
    clientPort: ports[index * 3] ?? 0,
    peerPort: ports[index * 3 + 1] ?? 0,
    metricsPort: ports[index * 3 + 2] ?? 0,
  }));
  writeFileAtomically(file, `${JSON.stringify(plan, null, 2)}\n`);
  return plan;
}

async function takenPorts(plan: readonly MemberPlan[]): Promise<number[]> {
  const ports = plan.flatMap((member) => [member.clientPort, member.peerPort, member.metricsPort]);
  const free = await Promise.all(ports.map((port) => isPortFree(port, { host })));
  return ports.filter((_, index) => !free[index]);
}

function parsePlan(text: string | undefined): readonly MemberPlan[] | undefined {
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) && value.length > 0 && value.every(isMember) ? value : undefined;
}

function isMember(value: unknown): value is MemberPlan {
  if (typeof value !== "object" || value === null) return false;
  const member = value as Record<string, unknown>;
  const ports = ["clientPort", "peerPort", "metricsPort"] as const;
  return typeof member["name"] === "string" && ports.every((port) => Number.isInteger(member[port]));
}
