import { UsageError } from "../user-error.ts";
import type { LinkEnds, Loss } from "./fault.ts";

/** A command line of `gatehouse fault`, as it is sent to the launcher: names are not known to exist yet. */
export interface FaultWords {
  readonly words: readonly string[];
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly refuse: boolean;
  readonly oneWay: boolean;
  readonly keepDown: boolean;
}

/** What somebody wants of the launcher. */
export type FaultRequest =
  | { readonly verb: "list" }
  | { readonly verb: "heal"; readonly name?: string }
  | { readonly verb: "kill"; readonly names: readonly string[]; readonly keepDown: boolean }
  | { readonly verb: "pause" | "resume"; readonly names: readonly string[] }
  | { readonly verb: "slow"; readonly ends: LinkEnds; readonly delayMs: number; readonly jitterMs: number }
  | ({ readonly verb: "cut"; readonly ends: LinkEnds; readonly oneWay: boolean } & Loss)
  | ({ readonly verb: "partition"; readonly sides: readonly (readonly string[])[] } & Loss);

/** A delay longer than any timeout is a cut. */
const maxDelayMs = 60_000;

/** @throws UsageError with a sentence */
export function parseFaultWords({ words, ...flags }: FaultWords): FaultRequest {
  const [verb = "", ...names] = words;
  const how = flags.refuse ? "refuse" : "silent";
  switch (verb) {
    case "list":
      return { verb };
    case "heal":
      if (names.length > 1) throw new UsageError("fault heal: name one, or none for all");
      return { verb, ...(names[0] !== undefined && { name: names[0] }) };
    case "kill":
      return { verb, names: some(verb, names), keepDown: flags.keepDown };
    case "pause":
    case "resume":
      return { verb, names: some(verb, names) };
    case "slow":
      if (flags.delayMs > maxDelayMs) throw new UsageError("fault slow: --delay is more than a minute");
      return { verb, ends: ends(verb, names), delayMs: flags.delayMs, jitterMs: flags.jitterMs };
    case "cut":
      if (flags.oneWay && names.length !== 2)
        throw new UsageError("fault cut --one-way: name who sends, then who gets nothing");
      if (flags.oneWay && flags.refuse) throw new UsageError("fault cut: what is refused is refused both ways");
      return { verb, ends: ends(verb, names), how, oneWay: flags.oneWay };
    case "partition":
      return { verb, sides: sides(names), how };
    default:
      throw new UsageError(`fault ${verb}: there is no such fault (see gatehouse fault --help)`);
  }
}

/** The same of what came over the control socket. @throws UsageError */
export function parseFaultInput(input: unknown): FaultRequest {
  if (!isFaultWords(input)) throw new UsageError("a fault has words and flags");
  return parseFaultWords(input);
}

function some(verb: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) throw new UsageError(`fault ${verb}: name one process or more`);
  return names;
}

function ends(verb: string, names: readonly string[]): LinkEnds {
  const [a, b, ...more] = names;
  if (a === undefined || more.length > 0) {
    throw new UsageError(`fault ${verb}: name one process for all its links, or the two ends of one link`);
  }
  return b === undefined ? { kind: "all", of: a } : { kind: "between", a, b };
}

/** `a,b / c` as any shell hands it over. */
function sides(words: readonly string[]): readonly (readonly string[])[] {
  const parsed = words
    .join(" ")
    .split("/")
    .map((side) => side.split(/[\s,]+/).filter((name) => name !== ""));
  if (parsed.some(({ length }) => length === 0)) {
    throw new UsageError("fault partition: name those on each side, like etcd-1,etcd-2 / etcd-3,etcd-4,etcd-5");
  }
  const names = parsed.flat();
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`fault partition: ${twice} can be on one side only`);
  return parsed;
}

function isFaultWords(input: unknown): input is FaultWords {
  if (typeof input !== "object" || input === null) return false;
  const { words, delayMs, jitterMs, refuse, oneWay, keepDown } = input as Record<string, unknown>;
  return (
    Array.isArray(words) &&
    words.every((word) => typeof word === "string") &&
    [delayMs, jitterMs].every((ms) => Number.isFinite(ms)) &&
    [refuse, oneWay, keepDown].every((flag) => typeof flag === "boolean")
  );
}
