import { Decrypter, Encrypter, type Identity } from "age-encryption";
import { UserError } from "../user-error.ts";
import { passphraseIdentity, passphraseRecipient } from "./passphrase.ts";

/** Who shall be able to read a file. */
export type Encryption =
  | { readonly with: "passphrase"; readonly passphrase: string }
  /** Public keys as `age-keygen` prints them. */
  | { readonly with: "recipients"; readonly recipients: readonly string[] };

/** What is at hand to read a file with. */
export interface DecryptionKeys {
  readonly passphrase?: string;
  /** Secret keys as `age-keygen` writes them. */
  readonly identities: readonly string[];
}

const firstLine = "age-encryption.org/v1\n";

/** Enough of a file's start to tell whether it is encrypted. */
export const headBytes = firstLine.length;

/** Whether what starts like this is an age file. */
export function isEncrypted(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(0, headBytes)).toString("latin1") === firstLine;
}

/**
 * Encrypts a stream in the age format, piece by piece.
 * @see https://age-encryption.org/v1
 */
export async function* encryptStream(
  source: AsyncIterable<Uint8Array>,
  encryption: Encryption,
): AsyncGenerator<Uint8Array> {
  const encrypter = new Encrypter();
  if (encryption.with === "passphrase") encrypter.addRecipient(passphraseRecipient(encryption.passphrase));
  else for (const recipient of encryption.recipients) encrypter.addRecipient(recipient);
  yield* (await encrypter.encrypt(ReadableStream.from(source))) as AsyncIterable<Uint8Array>;
}

/**
 * Decrypts what `encryptStream`, `age` or another program of that format wrote. A piece comes out only after it has been found
 * authentic; that the end is missing shows at the end.
 *
 * @param name - of the file, for messages
 * @throws UserError when no key fits, or the file is damaged
 */
export async function* decryptStream(
  source: AsyncIterable<Uint8Array>,
  keys: DecryptionKeys,
  name: string,
): AsyncGenerator<Uint8Array> {
  const decrypter = new Decrypter();
  let kinds: readonly string[] = [];
  const notesKinds: Identity = {
    unwrapFileKey(stanzas) {
      kinds = stanzas.map(({ args }) => args[0] ?? "");
      return null;
    },
  };
  decrypter.addIdentity(notesKinds);
  for (const identity of keys.identities) decrypter.addIdentity(identity);
  if (keys.passphrase !== undefined) decrypter.addIdentity(passphraseIdentity(keys.passphrase));
  try {
    yield* (await decrypter.decrypt(ReadableStream.from(source))) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (!(error instanceof Error) || "code" in error) throw error;
    const fits = error.message !== "no identity matched any of the file's recipients";
    throw new UserError(fits ? `${name} is damaged: ${error.message}` : noKey(kinds, keys, name), { cause: error });
  }
}

function noKey(kinds: readonly string[], keys: DecryptionKeys, name: string): string {
  if (kinds.includes("scrypt")) {
    if (keys.passphrase === undefined) return `${name} is encrypted with a passphrase: give it with --passphrase-file`;
    return `${name} was encrypted with another passphrase`;
  }
  if (keys.identities.length === 0) return `${name} is encrypted for a key: give the secret one with --identity`;
  return `${name} was encrypted for another key than that of --identity`;
}
