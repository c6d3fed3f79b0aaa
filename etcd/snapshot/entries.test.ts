import { expect, test } from "vitest";
import { crc32c } from "./crc32c.ts";
import { parseKeyValue } from "./key-value.ts";
import { objectKind } from "./object-kind.ts";
import { formatRevisionKey, parseRevisionKey } from "./revision-key.ts";

/** @see https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4 */
test.each([
  ["nothing", "", 0],
  ["the usual check", Buffer.from("123456789").toString("hex"), 0xe3069283],
  ["32 zeros", "00".repeat(32), 0x8a9136aa],
  ["32 ones", "ff".repeat(32), 0x62a8ab43],
])("CRC-32C of %s", (_name, hex, crc) => {
  const bytes = Buffer.from(hex, "hex");
  expect(crc32c(bytes, 0)).toBe(crc);
  for (let cut = 0; cut <= bytes.length; cut++) {
    expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut), 0))).toBe(crc);
  }
});

test("a stored key value is decoded, with numbers of 64 bits", () => {
  // key "k", created 300, modified 2^40, version 1, value "v", lease -1
  const bytes = Buffer.from("0a016b10ac02188080808080202001" + "2a0176" + "30ffffffffffffffffff01", "hex");
  expect(parseKeyValue(bytes)).toEqual({
    key: Buffer.from("k"),
    createRevision: 300n,
    modRevision: 2n ** 40n,
    version: 1n,
    value: Buffer.from("v"),
    lease: -1n,
  });
});

test.each([
  ["a length beyond the end", "0a056b"],
  ["a number without an end", "10ffff"],
  ["a number of too many bytes", "10ffffffffffffffffffffff01"],
  ["field 0", "0001"],
  ["a wire type that the message does not use", "0d00000000"],
])("%s is no key value", (_name, hex) => {
  expect(parseKeyValue(Buffer.from(hex, "hex"))).toBeUndefined();
});

test("revisions are read as they are written, deletions known by their mark", () => {
  const key = formatRevisionKey(0x1234_5678_9abcn);
  expect(parseRevisionKey(key)).toEqual({ main: 0x1234_5678_9abcn, sub: 0n, tombstone: false });
  expect(parseRevisionKey(Buffer.concat([key, Buffer.from("t")]))).toMatchObject({ tombstone: true });
  expect(parseRevisionKey(key.subarray(1))).toBeUndefined();
  expect(parseRevisionKey(Buffer.alloc(17, 0xff))).toBeUndefined();
});

test.each([
  ["/registry/pods/default/web", "pods"],
  ["/registry/namespaces/default", "namespaces"],
  ["/registry/services/specs/default/kubernetes", "services/specs"],
  ["/registry/stable.example.com/crontabs/default/c", "stable.example.com/crontabs"],
  ["/elsewhere", undefined],
  ["/registryx/pods/a", undefined],
])("%s is about %s", (key, kind) => {
  expect(objectKind(key, "/registry")).toBe(kind);
  expect(objectKind(key, "/registry/")).toBe(kind);
});
