import { pick, type Random, within } from "./random.ts";

/** What a fault does; see `faults.ts` for how. */
export const faultKinds = [
  "kill member",
  "kill leader",
  "kill all members",
  "pause member",
  "pause leader",
  "pause majority",
  "kill gateway",
  "stop gateway",
  "pause gateway",
  "kill loop",
  "pause loop",
  "refuse link",
  "stall link",
  "delay link",
  "refuse all links",
  "stall all links",
  "delay all links",
  "partition member",
  "deafen member",
  "split",
  "compact",
  "move leader",
  "defragment",
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** One planned fault. Members and gateways are numbered from 0. */
export interface PlannedFault {
  readonly atMs: number;
  readonly kind: FaultKind;
  readonly member: number;
  readonly gateway: number;
  readonly durationMs: number;
  /** 0 to 1, for whatever else a fault must choose. */
  readonly dice: number;
}

/** The longest a fault of a kind lasts; those that are over at once have none. */
const longestMs: Readonly<Record<FaultKind, number>> = {
  "kill member": 3_000,
  "kill leader": 2_000,
  "kill all members": 800,
  "pause member": 4_000,
  "pause leader": 4_000,
  "pause majority": 4_000,
  "kill gateway": 1_500,
  "stop gateway": 1_500,
  "pause gateway": 4_000,
  "kill loop": 1_500,
  "pause loop": 4_000,
  "refuse link": 3_000,
  "stall link": 6_000,
  "delay link": 4_000,
  "refuse all links": 3_000,
  "stall all links": 8_000,
  "delay all links": 3_000,
  "partition member": 5_000,
  "deafen member": 5_000,
  split: 5_000,
  compact: 0,
  "move leader": 0,
  defragment: 0,
};

/**
 * When which fault happens, all of it drawn from `random`. Mostly one after the other with a breath in between, now and then
 * two at once. Everything is over by `durationMs`.
 */
export function planFaults(
  random: Random,
  options: { readonly durationMs: number; readonly members: number; readonly gateways: number },
): PlannedFault[] {
  const plan: PlannedFault[] = [];
  // Every kind has its turn before one comes again.
  let deck: FaultKind[] = [];
  for (let atMs = 1_000; ; ) {
    if (deck.length === 0) deck = shuffled(random, faultKinds);
    const kind = deck.pop() ?? pick(random, faultKinds);
    const durationMs = Math.round(within(random, { from: longestMs[kind] / 8, to: longestMs[kind] }));
    if (atMs + durationMs > options.durationMs) return plan;
    plan.push({
      atMs: Math.round(atMs),
      kind,
      member: Math.floor(random() * options.members),
      gateway: Math.floor(random() * options.gateways),
      durationMs,
      dice: random(),
    });
    const overlaps = random() < 0.3;
    atMs += (overlaps ? durationMs / 2 : durationMs) + within(random, { from: 200, to: 1_500 });
  }
}

/** `12.3 s: pause leader for 2,100 ms (member 1, gateway 0)`. */
export function describeFault({ atMs, kind, member, gateway, durationMs }: PlannedFault): string {
  return `${(atMs / 1_000).toFixed(1)} s: ${kind} for ${durationMs} ms (member ${member}, gateway ${gateway})`;
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const left = [...items];
  const order: T[] = [];
  while (left.length > 0) order.push(...left.splice(Math.floor(random() * left.length), 1));
  return order;
}
