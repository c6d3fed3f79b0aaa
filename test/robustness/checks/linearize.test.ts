import { expect, test } from "vitest";
import { type Call, linearize } from "./linearize.ts";

type Register = number;

/** `w1 0-10`: writes 1; `r1 0-10`: reads 1; a `?` at the end: nobody knows whether it happened. */
function parse(text: string): Call<Register, string>[] {
  return text.split(", ").map((source) => {
    const [, kind, value, callMs, returnMs, unknown] = /^(w|r)(\d+) (\d+)-(\d+)(\??)$/.exec(source) ?? [];
    const number = Number(value);
    return {
      callMs: Number(callMs),
      returnMs: unknown === "?" ? Number.POSITIVE_INFINITY : Number(returnMs),
      required: unknown !== "?",
      order: 0,
      step: (state) => (kind === "w" ? number : state === number ? state : undefined),
      source,
      ...(unknown === "?" && { twin: `${kind}${value}` }),
    };
  });
}

const decide = (text: string, isOver = () => false) => linearize(0, String, parse(text), isOver);

test.each([
  { name: "one after the other", calls: "w1 0-1, r1 2-3, w2 4-5, r2 6-7" },
  { name: "a read that overlaps a write sees the old value", calls: "w1 0-10, r0 1-2" },
  { name: "or the new one", calls: "w1 0-10, r1 1-2" },
  { name: "overlapping writes in either order", calls: "w1 0-10, w2 0-10, r2 11-12, r2 13-14" },
  { name: "the order that the reads tell", calls: "w1 0-10, w2 0-10, r2 1-4, r1 5-9, r1 11-12" },
  { name: "an unknown write that never was", calls: "w1 0-1, w2 2-3?, r1 4-5, r1 100-101" },
  { name: "an unknown write that happened late", calls: "w1 0-1, w2 2-3?, r1 4-5, r2 100-101" },
  {
    name: "many unknown writes",
    calls: `${Array.from({ length: 60 }, (_, i) => `w${i % 5} ${i}-${i + 1}?`).join(", ")}, r4 70-71, r3 72-73, r4 74-75`,
  },
  { name: "nothing at all but unknown writes", calls: "w1 0-1?, w2 0-1?" },
])("linearizable: $name", ({ calls }) => {
  expect(decide(calls)).toEqual({ kind: "linearizable" });
});

test.each([
  { name: "a stale read", calls: "w1 0-1, w2 2-3, r1 4-5", longest: 2, stuck: ["r1 4-5"] },
  { name: "reads that go back", calls: "w1 0-1, w2 2-20, r2 3-4, r1 5-6", longest: 3, stuck: ["r1 5-6"] },
  {
    name: "two readers who disagree about an order",
    calls: "w1 0-10, w2 0-10, r1 11-12, r2 13-14",
    longest: 3,
    stuck: ["r2 13-14"],
  },
  { name: "an unknown write before it was called", calls: "r2 0-1, w2 2-3?", longest: 0, stuck: ["r2 0-1"] },
  {
    name: "an unknown write that happened twice",
    calls: "w1 0-1?, r1 2-3, w2 4-5, r2 6-7, r1 8-9",
    longest: 4,
    stuck: ["r1 8-9"],
  },
  { name: "a lost write", calls: "w1 0-1, r0 2-3", longest: 1, stuck: ["r0 2-3"] },
])("not linearizable: $name", ({ calls, longest, stuck }) => {
  expect(decide(calls)).toEqual({ kind: "not linearizable", longest, stuck });
});

test("agrees with trying every order, on random small histories", () => {
  let seed = 1;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return (seed >>> 8) % below;
  };
  const answers = { yes: 0, no: 0 };
  for (let round = 0; round < 400; round++) {
    const calls = Array.from({ length: 6 }, () => {
      const callMs = random(12);
      return `${random(2) === 0 ? "w" : "r"}${random(3)} ${callMs}-${callMs + 1 + random(6)}${random(5) === 0 ? "?" : ""}`;
    }).join(", ");
    const expected = tryAll(0, parse(calls));
    expect(decide(calls).kind === "linearizable", calls).toBe(expected);
    answers[expected ? "yes" : "no"]++;
  }
  expect(Math.min(answers.yes, answers.no)).toBeGreaterThan(50);
});

/** The definition itself. */
function tryAll(state: Register, left: readonly Call<Register, string>[]): boolean {
  if (left.every((call) => !call.required)) return true;
  return left.some((call, index) => {
    const others = left.filter((_, other) => other !== index);
    if (others.some((other) => other.returnMs < call.callMs)) return false;
    const next = call.step(state);
    return next !== undefined && tryAll(next, others);
  });
}

test("gives up when told to, and does not call that linearizable", () => {
  // Every order of the unknown writes is a configuration of its own until the impossible read has refused them all.
  const writes = Array.from({ length: 30 }, (_, index) => `w${index + 1} 0-1?`).join(", ");
  expect(decide(`${writes}, r99 2-3`, () => true)).toEqual({ kind: "undecided" });
});
