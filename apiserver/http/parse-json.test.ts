import { expect, test } from "vitest";
import { parseJson } from "./parse-json.ts";

const parse = (text: string) => parseJson(Buffer.from(text));

test("duplicate keys are named with their paths, and the last one wins", () => {
  const text = '{"x":1,"x":2,"data":{"a":"b","a":"c"},"list":[{"k":1},{"k":1,"k":2}],"s":"a:\\"b\\":c"}';
  expect(parse(text)).toEqual({
    value: { x: 2, data: { a: "c" }, list: [{ k: 1 }, { k: 2 }], s: 'a:"b":c' },
    duplicateFields: ["x", "data.a", "list[1].k"],
  });
});

test("__proto__ and constructor are just keys", () => {
  for (const text of [
    '{"__proto__":{"a":1},"constructor":2}',
    '{"__proto__":{"a":1},"constructor":1,"constructor":2}',
  ]) {
    const { value } = parse(text);
    expect(Object.keys(value as object)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect((value as { a?: unknown }).a).toBeUndefined();
  }
});

test.each([
  ["the largest safe integer", '{"a":9007199254740991}', 9007199254740991],
  ["a long fraction", '{"a":0.30000000000000004}', 0.30000000000000004],
  ["an exponent", '{"a":1e3}', 1000],
  ["digits inside a string", '{"a":"12345678901234567890"}', "12345678901234567890"],
])("keeps %s", (_name, text, expected) => {
  expect(parse(text).value).toEqual({ a: expected });
});

test.each([
  [
    "an integer beyond 2^53",
    '{"a":{"b":[9007199254740993]}}',
    "number 9007199254740993 at a.b[0] cannot be represented exactly",
  ],
  ["a number beyond double", '{"a":1e999}', "number 1e999 at a cannot be represented exactly"],
  ["deep nesting", "[".repeat(2000) + "]".repeat(2000), "exceeded max depth"],
  ["truncation", '{"a":', "unexpected end of JSON input"],
  ["truncation in a string", '{"a":"b', "unexpected end of JSON input"],
  ["nothing", "", "unexpected end of JSON input"],
  ["something after the value", "{} t", "invalid character 't' after top-level value"],
  ["a missing comma", '{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
  ["a trailing comma", '{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ["no value", "x", "invalid character 'x' looking for beginning of value"],
  ["a broken literal", "[trux]", "invalid character 'x' in literal true (expecting 'e')"],
  ["a raw newline in a string", '"a\nb"', "invalid character '\\n' in string literal"],
  ["a bad escape", '"\\x"', "invalid character 'x' in string escape code"],
  ["a bare minus", "-", "unexpected end of JSON input"],
  ["a leading zero", "[01]", "invalid character '1' after array element"],
])("refuses %s", (_name, text, message) => {
  expect(() => parse(text)).toThrow(message);
});
