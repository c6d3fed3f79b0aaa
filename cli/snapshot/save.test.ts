import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { VirtualClock } from "../../component-base/virtual-clock.ts";
import { Progress } from "./progress.ts";
import { verified } from "./verified.ts";
import { writeWholeFile } from "./write-whole-file.ts";

const content = randomBytes(10_000);
const snapshot = Buffer.concat([content, createHash("sha256").update(content).digest()]);

async function* pieces(bytes: Buffer, sizes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += sizes) yield bytes.subarray(at, at + sizes);
}

async function all(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const seen: Uint8Array[] = [];
  for await (const piece of source) seen.push(piece);
  return Buffer.concat(seen);
}

test.each([1, 7, 31, 32, 33, 4096, 20_000])("a snapshot in pieces of %i bytes is handed on whole", async (size) => {
  expect((await all(verified(pieces(snapshot, size)))).equals(snapshot)).toBe(true);
});

test.each([
  { name: "a bit is wrong", bytes: Buffer.from(snapshot).fill(snapshot.readUInt8(5) ^ 1, 5, 6) },
  { name: "the digest is wrong", bytes: Buffer.from(snapshot).fill(snapshot.readUInt8(10_031) ^ 1, 10_031) },
  { name: "the end is missing", bytes: snapshot.subarray(0, 10_000) },
  { name: "only a digest", bytes: snapshot.subarray(0, 32) },
  { name: "nothing", bytes: Buffer.alloc(0) },
])("a damaged snapshot is told from a sound one: $name", async ({ bytes }) => {
  await expect(all(verified(pieces(bytes, 1000)))).rejects.toThrow("arrived damaged");
});

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-save-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a file appears when it is whole, for its owner alone, and takes an older one's place", async () => {
  const file = join(folder, "snapshot.db");
  writeFileSync(file, "older");
  writeFileSync(`${file}.part`, "left over", { mode: 0o644 });
  async function* slow() {
    yield* pieces(snapshot, 1000);
    expect(readFileSync(file, "utf8")).toBe("older");
  }
  const size = await writeWholeFile(file, slow(), { check: (path) => statSync(path).size });
  expect(size).toBe(snapshot.length);
  expect(readFileSync(file).equals(snapshot)).toBe(true);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["snapshot.db"]);
});

test("nothing is left of a file that fails, and an older one stays", async () => {
  const file = join(folder, "snapshot.db");
  writeFileSync(file, "older");
  const damaged = verified(pieces(snapshot.subarray(1), 1000));
  await expect(writeWholeFile(file, damaged, { check: () => undefined })).rejects.toThrow("arrived damaged");
  expect(readdirSync(folder)).toEqual(["snapshot.db"]);
  expect(readFileSync(file, "utf8")).toBe("older");
});

test("a folder that is not there is told in a sentence", async () => {
  const file = join(folder, "none", "snapshot.db");
  const written = writeWholeFile(file, pieces(snapshot, 1000), { check: () => undefined });
  await expect(written).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringContaining("was not written"),
  });
});

test("progress is one line at a terminal, and a line now and then elsewhere", async () => {
  const clock = new VirtualClock();
  const shown = async (isTTY: boolean) => {
    let text = "";
    const progress = new Progress({ isTTY, write: (more: string) => (text += more) }, clock);
    progress.update(0, 25_000_000);
    await clock.advance(2_000);
    progress.update(5_000_000, 25_000_000);
    progress.update(6_000_000, 25_000_000);
    await clock.advance(2_000);
    progress.update(26_000_000, 25_000_000);
    progress.end();
    return text;
  };
  expect(await shown(false)).toBe("5.0 MB of about 25 MB (20 %)\n26 MB of about 25 MB (99 %)\n");
  expect(await shown(true)).toBe("\r\x1b[K5.0 MB of about 25 MB (20 %)\r\x1b[K26 MB of about 25 MB (99 %)\r\x1b[K");
});
