import { type LinkFault, pass } from "../../component-base/link-fault.ts";
import { type Fault, type Link, type LinkEnds, linksOf, type Topology } from "./fault.ts";

/** What a link is to do while these faults are there. */
export interface LinkState extends Link {
  readonly fault: LinkFault;
}

/** What every link is to do while these faults are there; where they meet, the worst holds. */
export function linkStates(topology: Topology, faults: readonly Fault[]): LinkState[] {
  return linksOf(topology).map((link) => ({
    ...link,
    fault: faults.map((fault) => effect(fault, link, topology)).reduce(worse, pass),
  }));
}

/** The faults there are after one more: of those that contradict each other, the later holds. */
export function withFault(faults: readonly Fault[], added: Fault): Fault[] {
  return [...faults.filter((fault) => !isReplacedBy(fault, added)), added];
}

/** What is left when a process, and all links of it, are well again; without a name: nothing. */
export function healed(faults: readonly Fault[], name: string | undefined): Fault[] {
  if (name === undefined) return [];
  return faults.map((fault) => without(name, fault)).filter((fault) => fault !== undefined);
}

/** What is left of a fault when it is not of that process any more. */
function without(name: string, fault: Fault): Fault | undefined {
  switch (fault.kind) {
    case "down":
    case "paused":
      return fault.name === name ? undefined : fault;
    case "slow":
    case "cut":
      return isEnd(fault.ends, name) ? undefined : fault;
    case "partition": {
      if (!fault.sides.some((side) => side.includes(name))) return fault;
      const sides = fault.sides.map((side) => side.filter((other) => other !== name)).filter((side) => side.length > 0);
      return sides.length > 1 ? { ...fault, sides } : undefined;
    }
  }
}

/** The side that a process is on; a gateway that nobody named is where its member is. */
export function sideOf(name: string, sides: readonly (readonly string[])[], topology: Topology): number | undefined {
  const own = sides.findIndex((side) => side.includes(name));
  if (own >= 0) return own;
  const member = topology.gateways.find((gateway) => gateway.name === name)?.stackedOn;
  const inherited = member === undefined ? -1 : sides.findIndex((side) => side.includes(member));
  return inherited < 0 ? undefined : inherited;
}

function effect(fault: Fault, link: Link, topology: Topology): LinkFault {
  switch (fault.kind) {
    case "down":
    case "paused":
      return pass;
    case "slow":
      if (!isOf(fault.ends, link)) return pass;
      return { kind: "delay", delayMs: fault.delayMs, jitterMs: fault.jitterMs };
    case "cut":
      if (!isOf(fault.ends, link)) return pass;
      if (fault.oneWay && fault.ends.kind === "between") {
        return { kind: "stall", towards: fault.ends.a === link.from ? "target" : "caller" };
      }
      return lost(fault);
    case "partition": {
      const [from, to] = [link.from, link.to].map((name) => sideOf(name, fault.sides, topology));
      return from === undefined || to === undefined || from === to ? pass : lost(fault);
    }
  }
}

function lost({ how }: { readonly how: "silent" | "refuse" }): LinkFault {
  return how === "refuse" ? { kind: "refuse" } : { kind: "stall" };
}

const severity: readonly LinkFault["kind"][] = ["pass", "delay", "stall", "refuse"];

function worse(a: LinkFault, b: LinkFault): LinkFault {
  if (a.kind === "stall" && b.kind === "stall") {
    return a.towards === b.towards ? a : { kind: "stall" };
  }
  if (a.kind === "delay" && b.kind === "delay") return a.delayMs >= b.delayMs ? a : b;
  return severity.indexOf(a.kind) >= severity.indexOf(b.kind) ? a : b;
}

function isReplacedBy(fault: Fault, added: Fault): boolean {
  if (added.kind === "down" || added.kind === "paused") {
    return (fault.kind === "down" || fault.kind === "paused") && fault.name === added.name;
  }
  if (fault.kind !== added.kind) return false;
  if (fault.kind === "partition") return true;
  return (fault.kind === "slow" || fault.kind === "cut") && sameEnds(fault.ends, added);
}

function sameEnds(ends: LinkEnds, added: Fault): boolean {
  if (added.kind !== "slow" && added.kind !== "cut") return false;
  return JSON.stringify(ends) === JSON.stringify(added.ends);
}

function isOf(ends: LinkEnds, { from, to }: Link): boolean {
  if (ends.kind === "all") return from === ends.of || to === ends.of;
  return (ends.a === from && ends.b === to) || (ends.a === to && ends.b === from);
}

function isEnd(ends: LinkEnds, name: string): boolean {
  return ends.kind === "all" ? ends.of === name : ends.a === name || ends.b === name;
}
