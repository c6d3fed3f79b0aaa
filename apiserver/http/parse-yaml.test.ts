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
