import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { afterEach, beforeEach, expect, test } from "vitest";
import { encryptStream } from "./encryption.ts";
import { decryptionKeysOf, encryptionOf } from "./encryption-keys.ts";
import { openSnapshot, withPlainSnapshot } from "./plain-snapshot.ts";

const content = "not really a database";
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-plain-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string | Uint8Array): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const noFlags = { encrypt: false, encryptTo: [], passphraseFile: undefined };

async function encrypted(): Promise<{ readonly path: string; readonly identity: string }> {
  const secret = await generateX25519Identity();
  const encryption = await encryptionOf({ ...noFlags, encryptTo: [await identityToRecipient(secret)] });
  const parts: Uint8Array[] = [];
  const plain = (async function* () {
    yield Buffer.from(content);
  })();
  for await (const part of encryptStream(plain, encryption ?? expect.fail("not encrypted"))) parts.push(part);
  return {
    path: file("snapshot.age", Buffer.concat(parts)),
    identity: file("key.txt", `# created: today\n# public key: age1…\n${secret}\n`),
  };
}

test("a file that is not encrypted is used as it is", async () => {
  const path = file("snapshot.db", content);
  const keys = decryptionKeysOf({ identity: undefined, passphraseFile: undefined });
  const open = await openSnapshot(path, keys);
  expect(open.read(0, 100).toString()).toBe(content);
  open.close();
  expect(await withPlainSnapshot(path, { keys, folder }, async (plain) => plain)).toBe(path);
});

test("what is decrypted is for its owner only, and gone afterwards", async () => {
  const { path, identity } = await encrypted();
  const keys = decryptionKeysOf({ identity, passphraseFile: undefined });
  const open = await openSnapshot(path, keys);
  expect({ name: open.name, text: open.read(0, 100).toString() }).toEqual({ name: path, text: content });
  open.close();
  const before = readdirSync(folder);
  const failed = withPlainSnapshot(path, { keys, folder }, async (plain) => {
    expect(readFileSync(plain, "utf8")).toBe(content);
    expect(statSync(plain).mode & 0o777).toBe(0o600);
    expect(statSync(join(plain, "..")).mode & 0o777).toBe(0o700);
    throw new Error("the restore failed");
  });
  await expect(failed).rejects.toThrow("the restore failed");
  expect(readdirSync(folder)).toEqual(before);
});

test("age's text form is refused in a sentence", async () => {
  const path = file("armored", "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl");
  await expect(openSnapshot(path, { identities: [] })).rejects.toThrow("decrypt it with `age --decrypt` first");
});

test("flags that cannot be meant, and files that hold no key, are told", async () => {
  const { path } = await encrypted();
  const passphraseFile = file("pass", "secret\nsecond line");
  expect(await encryptionOf(noFlags)).toBeUndefined();
  expect(await encryptionOf({ ...noFlags, passphraseFile })).toEqual({ with: "passphrase", passphrase: "secret" });
  await expect(encryptionOf({ ...noFlags, encryptTo: ["age1x"] })).rejects.toThrow("age1x is no public key");
  await expect(encryptionOf({ ...noFlags, encryptTo: ["age1x"], encrypt: true })).rejects.toThrow("not both");
  const identity = file("empty", "# nothing\n");
  expect(() => decryptionKeysOf({ identity, passphraseFile })).toThrow("holds no secret key");
  expect(() => decryptionKeysOf({ identity: path, passphraseFile })).toThrow("no secret key of age-keygen");
  expect(() => decryptionKeysOf({ identity: undefined, passphraseFile: file("p2", "\n") })).toThrow("no passphrase");
});
