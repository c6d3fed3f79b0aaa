import { expect, test } from "vitest";
import { ageOf, humanDuration } from "./duration.ts";

const s = 1000;
const m = 60 * s;
const h = 60 * m;
const d = 24 * h;
const y = 365 * d;

test.each([
  [-3 * s, "<invalid>"],
  [-1 * s, "0s"],
  [0, "0s"],
  [119 * s, "119s"],
  [2 * m, "2m"],
  [9 * m + 59 * s, "9m59s"],
  [10 * m + 59 * s, "10m"],
  [2 * h + 59 * m, "179m"],
  [3 * h, "3h"],
  [7 * h + 59 * m, "7h59m"],
  [47 * h, "47h"],
  [2 * d, "2d"],
  [7 * d + 23 * h, "7d23h"],
  [8 * d + 23 * h, "8d"],
  [729 * d, "729d"],
  [2 * y, "2y"],
  [7 * y + 364 * d, "7y364d"],
  [8 * y + 364 * d, "8y"],
])("%d ms is %s", (ms, text) => expect(humanDuration(ms)).toBe(text));

test("an age is told from a timestamp", () => {
  expect(ageOf("2026-01-01T00:00:00Z", Date.parse("2026-01-01T00:05:30Z"))).toBe("5m30s");
  expect(ageOf(undefined, 0)).toBe("<unknown>");
  expect(ageOf(null, 0)).toBe("<unknown>");
});
