import { randomBytes } from "node:crypto";
import { Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { expect, test } from "vitest";
import { UserError } from "../user-error.ts";
import { type DecryptionKeys, decryptStream, type Encryption, encryptStream, isEncrypted } from "./encryption.ts";

const plain = randomBytes(200_000);

async function* pieces(bytes: Uint8Array, sizeBytes = 10_000): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += sizeBytes) yield bytes.subarray(offset, offset + sizeBytes);
}

async function all(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

const encrypt = (encryption: Encryption) => all(encryptStream(pieces(plain), encryption));
const decrypt = (bytes: Uint8Array, keys: DecryptionKeys) => all(decryptStream(pieces(bytes), keys, "FILE"));

test("what is encrypted for a key is read with the secret one", async () => {
  const identity = await generateX25519Identity();
  const other = await generateX25519Identity();
  const recipients = [await identityToRecipient(other), await identityToRecipient(identity)];
  const encrypted = await encrypt({ with: "recipients", recipients });
  expect(isEncrypted(encrypted)).toBe(true);
  expect(isEncrypted(plain)).toBe(false);
  expect((await decrypt(encrypted, { identities: [await generateX25519Identity(), identity] })).equals(plain)).toBe(
    true,
  );
  await expect(decrypt(encrypted, { identities: [await generateX25519Identity()] })).rejects.toThrow(
    "FILE was encrypted for another key than that of --identity",
  );
  await expect(decrypt(encrypted, { identities: [], passphrase: "p" })).rejects.toThrow("give the secret one with");
});

test("what is encrypted with a passphrase is read with the same one", async () => {
  const encrypted = await encrypt({ with: "passphrase", passphrase: "correct horse" });
  expect((await decrypt(encrypted, { identities: [], passphrase: "correct horse" })).equals(plain)).toBe(true);
});

test("a passphrase of another program of the format is understood, and no other", async () => {
  const encrypter = new Encrypter();
  encrypter.setPassphrase("pass");
  encrypter.setScryptWorkFactor(10);
  const encrypted = await encrypter.encrypt(new Uint8Array(plain));
  expect((await decrypt(encrypted, { identities: [], passphrase: "pass" })).equals(plain)).toBe(true);
  await expect(decrypt(encrypted, { identities: [], passphrase: "Pass" })).rejects.toThrow(
    "FILE was encrypted with another passphrase",
  );
  await expect(decrypt(encrypted, { identities: [] })).rejects.toThrow("give it with --passphrase-file");
});

test.each<[string, (bytes: Buffer) => Uint8Array]>([
  ["a changed byte", (bytes) => bytes.fill(bytes.readUInt8(100_000) ^ 1, 100_000, 100_001)],
  ["a lost end", (bytes) => bytes.subarray(0, -70_000)],
  ["a lost byte", (bytes) => bytes.subarray(0, -1)],
  ["a header that ends too soon", (bytes) => bytes.subarray(0, 30)],
])("%s is found", async (_name, damage) => {
  const identity = await generateX25519Identity();
  const encrypted = await encrypt({ with: "recipients", recipients: [await identityToRecipient(identity)] });
  const failed = decrypt(damage(encrypted), { identities: [identity] });
  await expect(failed).rejects.toThrow("FILE is damaged");
  await expect(failed).rejects.toBeInstanceOf(UserError);
});
