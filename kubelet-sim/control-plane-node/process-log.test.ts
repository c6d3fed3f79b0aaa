import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { realClock } from "../../component-base/clock.ts";
import { VirtualClock } from "../../component-base/virtual-clock.ts";
import { lineTime } from "./line-time.ts";
import type { FilePart } from "./log-file.ts";
import { processLog } from "./process-log.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "process-log-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const nowMs = Date.UTC(2026, 0, 2, 12, 0, 10);
const lines = [
  "12:00:00.000 INFO  a  one",
  "    more of one",
  "12:00:05.000 INFO  a  two",
  "12:00:09.500 INFO  a  three",
];

async function read(part: FilePart, query: string): Promise<string> {
  const answer = processLog(part, new URLSearchParams(query), { clock: new VirtualClock(nowMs) });
  if (answer.kind !== "lines") throw new Error(answer.message);
  let text = "";
  for await (const piece of answer.pieces({ signal: AbortSignal.timeout(10_000) })) text += piece;
  return text;
}

const queries = [
  { name: "everything", query: "", shows: lines },
  { name: "the last two lines", query: "tailLines=2", shows: lines.slice(2) },
  { name: "more lines than there are", query: "tailLines=20", shows: lines },
  { name: "no line", query: "tailLines=0", shows: [] },
  { name: "the last six seconds", query: "sinceSeconds=6", shows: lines.slice(2) },
  {
    name: "since a time, of the last three lines",
    query: "tailLines=3&sinceTime=2026-01-02T12:00:06Z",
    shows: lines.slice(3),
  },
] as const;
test.each(queries)("$name", async ({ query, shows }) => {
  const path = join(folder, "log");
  writeFileSync(path, `${lines.join("\n")}\n`);
  expect(await read({ path, from: 0 }, query)).toBe(shows.map((line) => `${line}\n`).join(""));
});

test("a part of the file, in bytes and with the moments of lines", async () => {
  const path = join(folder, "part");
  writeFileSync(path, `${lines.join("\n")}\n`);
  const from = Buffer.byteLength(`${lines[0]}\n${lines[1]}\n`);
  const to = from + Buffer.byteLength(`${lines[2]}\n`);
  expect(await read({ path, from, to }, "timestamps=true")).toBe(`2026-01-02T12:00:05.000000000Z ${lines[2]}\n`);
  expect(await read({ path, from, to }, "limitBytes=8")).toBe("12:00:05");
});

test("a file that is not there is empty", async () => {
  expect(await read({ path: join(folder, "none"), from: 0 }, "tailLines=3")).toBe("");
});

test("the tail of a long file is found without reading all of it", async () => {
  const path = join(folder, "long");
  writeFileSync(path, Array.from({ length: 50_000 }, (_, index) => `line ${index}\n`).join(""));
  const text = await read({ path, from: 0 }, "tailLines=20000");
  expect(text.startsWith("line 30000\n")).toBe(true);
  expect(text.endsWith("line 49999\n")).toBe(true);
});

test("following shows lines when they are whole", async () => {
  const path = join(folder, "followed");
  writeFileSync(path, "one\ntw");
  const answer = processLog({ path, from: 0 }, new URLSearchParams("follow=true"), { clock: realClock });
  if (answer.kind !== "lines") throw new Error(answer.message);
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const piece of answer.pieces(stop)) {
    seen.push(piece);
    if (seen.length === 1) appendFileSync(path, "o\nthree\n");
    else stop.abort();
  }
  expect(seen.join("")).toBe("one\ntwo\nthree\n");
});

const moments = [
  { name: "our text", line: "11:59:59.250 WARN  x", ms: Date.UTC(2026, 0, 2, 11, 59, 59, 250) },
  { name: "our text of yesterday", line: "23:00:00.000 WARN  x", ms: Date.UTC(2026, 0, 1, 23) },
  { name: "our JSON", line: '{"level":"info","time":1767355200123,"msg":"x"}', ms: 1_767_355_200_123 },
  {
    name: "etcd's JSON",
    line: '{"level":"info","ts":"2026-01-02T11:00:00.5Z"}',
    ms: Date.UTC(2026, 0, 2, 11, 0, 0, 500),
  },
  { name: "etcd's text", line: "2026-01-02 11:00:00.000000 I | x", ms: Date.UTC(2026, 0, 2, 11) },
  { name: "a stack", line: "    at x (y.ts:12:30:45)", ms: undefined },
] as const;
test.each(moments)("knows when $name was written", ({ line, ms }) => {
  expect(lineTime(line, nowMs)).toBe(ms);
});
