import { seededRandom } from "../../component-base/seeded-random.ts";

/** A number in [0, 1). */
export type Random = () => number;

/** A stream of random numbers of its own for every purpose, so that one more draw here changes nothing there. */
export function randomFor(seed: number, purpose: string): Random {
  let mixed = seed >>> 0;
  for (const char of purpose) mixed = Math.imul(mixed ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return seededRandom(mixed);
}

export function pick<T>(random: Random, choices: readonly T[]): T {
  const choice = choices[Math.floor(random() * choices.length)];
  if (choice === undefined) throw new Error("nothing to choose from");
  return choice;
}

export function within(random: Random, range: { readonly from: number; readonly to: number }): number {
  return range.from + random() * (range.to - range.from);
}
