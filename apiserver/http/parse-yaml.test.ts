import { expect, test } from "vitest";
import { parseYaml } from "./parse-yaml.ts";

const deep = 50_000;

test.each([
  { name: "sequences in brackets", text: `a: ${"[".repeat(deep)}${"]".repeat(deep)}` },
  { name: "brackets that are never closed", text: `a: ${"[".repeat(deep)}` },
  { name: "mappings in braces", text: `a: ${"{a: ".repeat(deep)}1${"}".repeat(deep)}` },
  { name: "sequences by dashes", text: `a:\n ${"- ".repeat(deep)}1` },
  { name: "keys by question marks", text: `${"? ".repeat(deep)}1` },
  { name: "mappings by indentation", text: Array.from({ length: 1_000 }, (_, at) => `${" ".repeat(at)}a:`).join("\n") },
])("nesting that would use up the stack is refused: $name", ({ text }) => {
  expect(() => parseYaml(Buffer.from(text))).toThrow("exceeded max depth");
});

test("nesting as deep as objects have it is read", () => {
  const text = Array.from({ length: 150 }, (_, at) => `${" ".repeat(at)}a:`).join("\n");
  expect(JSON.stringify(parseYaml(Buffer.from(text)).value).match(/"a"/g)).toHaveLength(150);
});

test.each(["a: &a [*a]", "a: &m\n  b: *m", "a: &a [&b [*a], *b]"])(
  "an alias to what it stands in is refused: %s",
  (text) => {
    expect(() => parseYaml(Buffer.from(text))).toThrow("value contains itself");
  },
);

test.each([
  { name: "one", text: "a: 1\n", first: { a: 1 } },
  { name: "one that is opened", text: "---\na: 1\n", first: { a: 1 } },
  { name: "two", text: "a: 1\n---\nb: 2\n", first: { a: 1 } },
  { name: "two that are opened", text: "---\na: 1\n---\nb: 2\n", first: { a: 1 } },
  { name: "one with dashes in it", text: "a: |\n  ---\n  x\n", first: { a: "---\nx\n" } },
])("of several documents the first is read: $name", ({ text, first }) => {
  expect(parseYaml(Buffer.from(text)).value).toEqual(first);
});

test("reading takes time in proportion to the text", { timeout: 5_000 }, () => {
  const lines = Array.from({ length: 60_000 }, (_, at) => `k${at}: v`);
  expect(Object.keys(parseYaml(Buffer.from(lines.join("\n"))).value as object)).toHaveLength(60_000);
});
