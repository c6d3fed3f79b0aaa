import { expect, test } from "vitest";
import { parseGoDuration } from "./go-duration.ts";

test.each([
  ["1h2m3.5s", 3_723_500],
  ["500ms", 500],
  [".5s", 500],
  ["0", 0],
  ["0s", 0],
  ["-1s", -1000],
  ["3", undefined],
  ["abc", undefined],
  ["", undefined],
  ["1d", undefined],
])("the Go duration %s", (text, expected) => {
  expect(parseGoDuration(text)).toBe(expected);
});
