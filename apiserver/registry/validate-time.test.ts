import { describe, expect, test } from "vitest";
import { canonicalTime } from "./validate-time.ts";

describe("times that are understood", () => {
  test.each([
    ["2026-01-02T03:04:05Z", "time", "2026-01-02T03:04:05Z"],
    ["2026-01-02T03:04:05.999Z", "time", "2026-01-02T03:04:05Z"],
    ["2026-01-01T01:00:00+02:00", "time", "2025-12-31T23:00:00Z"],
    ["2024-02-29T23:59:59-01:00", "time", "2024-03-01T00:59:59Z"],
    ["2026-01-02T03:04:05.123456Z", "microTime", "2026-01-02T03:04:05.123456Z"],
    ["2026-01-02T03:04:05.123456+01:00", "microTime", "2026-01-02T02:04:05.123456Z"],
  ] as const)("%s as %s", (text, kind, made) =>
    expect(canonicalTime(text, kind)).toEqual({ kind: "time", text: made }),
  );
});

describe("times that are not", () => {
  test.each([
    ["", "time", 'cannot parse "" as "2006"'],
    ["2026-01-02", "time", 'cannot parse "" as "T"'],
    ["2026-01-02 03:04:05Z", "time", 'cannot parse " 03:04:05Z" as "T"'],
    ["2026-01-02T03:04:05", "time", 'cannot parse "" as "Z07:00"'],
    ["2026-01-02T03:04:05Zx", "time", 'extra text: "x"'],
    ["2026-02-30T00:00:00Z", "time", "day out of range"],
    ["2026-13-01T00:00:00Z", "time", "month out of range"],
    ["2026-01-01T24:00:00Z", "time", "hour out of range"],
    ["2026-01-02T03:04:05Z", "microTime", 'cannot parse "Z" as ".000000"'],
  ] as const)("%j as %s", (text, kind, problem) => {
    expect(canonicalTime(text, kind)).toEqual({ kind: "bad", problem: expect.stringContaining(problem) });
  });
});
