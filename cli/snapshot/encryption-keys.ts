import { readFileSync } from "node:fs";
import { Decrypter, Encrypter } from "age-encryption";
import type { ConfigOf } from "../../component-base/flags.ts";
import { UsageError, UserError } from "../user-error.ts";
import { askPassphrase } from "./ask-passphrase.ts";
import type { DecryptionKeys, Encryption } from "./encryption.ts";
import type { decryptFlags, encryptFlags } from "./encryption-flags.ts";

/**
 * How a snapshot shall be encrypted; undefined: not at all. Asks for a passphrase where one is needed and no file is named.
 * @throws UsageError when the flags contradict each other
 */
export async function encryptionOf(config: ConfigOf<typeof encryptFlags>): Promise<Encryption | undefined> {
  const { encrypt, encryptTo: recipients } = config;
  if (recipients.length > 0) {
    if (encrypt || config.passphraseFile !== undefined) {
      throw new UsageError("--encrypt-to: a snapshot is encrypted for keys or with a passphrase, not both");
    }
    for (const recipient of recipients) check(recipient);
    return { with: "recipients", recipients };
  }
  if (config.passphraseFile !== undefined) {
    return { with: "passphrase", passphrase: firstLine(config.passphraseFile) };
  }
  if (!encrypt) return undefined;
  const passphrase = await askPassphrase("passphrase for the snapshot", { twice: true });
  if (passphrase !== undefined) return { with: "passphrase", passphrase };
  throw new UsageError("--encrypt: there is no terminal to ask at: give --passphrase-file or --encrypt-to");
}

/** What the flags give to decrypt with. */
export function decryptionKeysOf(config: ConfigOf<typeof decryptFlags>): DecryptionKeys {
  const { identity, passphraseFile: file } = config;
  return {
    identities: identity === undefined ? [] : identitiesIn(identity),
    ...(file !== undefined && { passphrase: firstLine(file) }),
  };
}

function check(recipient: string): void {
  try {
    new Encrypter().addRecipient(recipient);
  } catch (error) {
    throw new UsageError(`--encrypt-to: ${recipient} is no public key like age1…`, { cause: error });
  }
}

function identitiesIn(file: string): string[] {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.length === 0) throw new UserError(`${file} holds no secret key`);
  for (const line of lines) {
    try {
      new Decrypter().addIdentity(line);
    } catch (error) {
      throw new UserError(`${file} holds a line that is no secret key of age-keygen`, { cause: error });
    }
  }
  return lines;
}

function firstLine(file: string): string {
  const [line = ""] = readFileSync(file, "utf8").split(/\r?\n/, 1);
  if (line === "") throw new UserError(`${file} holds no passphrase in its first line`);
  return line;
}
