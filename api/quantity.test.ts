import { describe, expect, test } from "vitest";
import {
  canonicalQuantity,
  canonicalResource,
  compareQuantities,
  parseQuantity,
  quantityMilliValue,
  quantityValue,
} from "./quantity.ts";

describe("canonical form", () => {
  test.each([
    ["1000m", "1"],
    ["1024Ki", "1Mi"],
    ["0.5", "500m"],
    ["1.5Gi", "1536Mi"],
    ["0.5Ki", "512"],
    ["1.5Ki", "1536"],
    ["2000", "2k"],
    ["1500", "1500"],
    ["1e3", "1e3"],
    ["1.1E3", "1100"],
    ["-1.5", "-1500m"],
    ["0Ki", "0"],
    ["0.1n", "1n"],
    ["-0.1n", "-1n"],
    ["1e400", "10e399"],
    ["123456789012345678901", "123456789012345678901"],
  ])("%s is %s", (given, canonical) => {
    expect(canonicalQuantity(given)).toBe(canonical);
    expect(canonicalQuantity(canonical), "stable").toBe(canonical);
  });

  test("nothing in a resource list is finer than milli", () => expect(canonicalResource("100n")).toBe("1m"));
});

test.each(["", "x", "1x", "1.2.3", "Ki", "1 Gi", "--1", "1e", "0x1"])("%j is no quantity", (text) => {
  expect(() => parseQuantity(text)).toThrow(/quantit/);
});

test.each([
  ["1Gi", 2 ** 30],
  ["100m", 1],
  ["2", 2],
  ["1500m", 2],
  ["-100m", -1],
])("%s counts as %d whole units", (text, value) => expect(quantityValue(text)).toBe(value));

test.each([
  ["100m", 100],
  ["2", 2000],
  ["1u", 1],
])("%s is %d thousandths", (text, value) => expect(quantityMilliValue(text)).toBe(value));

test("amounts are compared, not texts", () => {
  expect(compareQuantities("1Gi", "1G")).toBeGreaterThan(0);
  expect(compareQuantities("1000m", "1")).toBe(0);
  expect(compareQuantities("-1", "1n")).toBeLessThan(0);
});
