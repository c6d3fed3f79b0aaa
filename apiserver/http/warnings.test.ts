import { expect, test } from "vitest";
import { warningHeaders } from "./warnings.ts";

test("quotes and backslashes are escaped, control characters are not let through", () => {
  expect(warningHeaders(['unknown field "a\\b"', "two\r\nlines"])).toEqual([
    '299 - "unknown field \\"a\\\\b\\""',
    '299 - "two lines"',
  ]);
});

test("what is not ASCII goes out as UTF-8", () => {
  const [value = ""] = warningHeaders(["é"]);
  expect(Buffer.from(value, "latin1").toString("utf8")).toBe('299 - "é"');
});

test("of 120 texts of 50 characters 82 are sent, as upstream does", () => {
  const texts = Array.from({ length: 120 }, (_, index) => String(index).padStart(50, "x"));
  expect(warningHeaders(texts)).toHaveLength(82);
});

test("long texts are cut once the total is too much", () => {
  expect(warningHeaders(["x".repeat(4000)])[0]).toHaveLength(4000 + '299 - ""'.length);
  expect(warningHeaders(["x".repeat(5000)])[0]).toHaveLength(256 + '299 - ""'.length);
});
