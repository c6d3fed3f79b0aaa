import { type Fault, type LinkEnds, type Loss, linksOf, type Topology } from "./fault.ts";
import { linkStates, sideOf } from "./fault-state.ts";

/** What is wrong, in a line for users. */
export function describeFault(fault: Fault, topology: Topology): string {
  switch (fault.kind) {
    case "down":
      return `${fault.name} is down`;
    case "paused":
      return `${fault.name} is paused (process ${fault.pid})`;
    case "slow": {
      const jitter = fault.jitterMs > 0 ? `, more or less by up to ${fault.jitterMs} ms` : "";
      return `${nameEnds(fault.ends)}: everything arrives ${fault.delayMs} ms late${jitter}`;
    }
    case "cut":
      if (fault.oneWay && fault.ends.kind === "between") {
        return `${fault.ends.a} → ${fault.ends.b}: nothing arrives; the other way everything does`;
      }
      return `${nameEnds(fault.ends)}: ${nameLoss(fault)}`;
    case "partition": {
      const broken = linkStates(topology, [fault]).filter((link) => link.fault.kind !== "pass").length;
      const sides = fault.sides.map((_, index) => nameSide(fault.sides, index, topology));
      return `${sides.join(" / ")}: between them ${nameLoss(fault)} (${broken} of ${linksOf(topology).length} links)`;
    }
  }
}

function nameEnds(ends: LinkEnds): string {
  return ends.kind === "all" ? `all links of ${ends.of}` : `${ends.a} ↔ ${ends.b}`;
}

function nameLoss({ how }: Loss): string {
  return how === "refuse" ? "connections are refused" : "nothing arrives";
}

/** Who is there, and whether they are enough. */
function nameSide(sides: readonly (readonly string[])[], index: number, topology: Topology): string {
  const { members, gateways } = topology;
  const there = [...members, ...gateways.map(({ name }) => name)].filter(
    (name) => sideOf(name, sides, topology) === index,
  );
  const voters = there.filter((name) => members.includes(name)).length;
  const quorum = Math.floor(members.length / 2) + 1;
  return `${there.join(", ")} (${voters} of ${members.length}: ${voters >= quorum ? "a majority" : "no majority"})`;
}
