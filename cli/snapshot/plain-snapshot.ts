import { closeSync, createReadStream, fstatSync, mkdtempSync, openSync, rmSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type OpenFile, openForReading, overDescriptor } from "../../etcd/snapshot/random-access.ts";
import { UserError } from "../user-error.ts";
import { askPassphrase } from "./ask-passphrase.ts";
import { type DecryptionKeys, decryptStream, headBytes, isEncrypted } from "./encryption.ts";

/** What ends a command before its time; nothing decrypted may be left then either. */
const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Opens a snapshot file for reading, whether it is encrypted or not. What was encrypted lies in a file that has no name any more
 * and goes with this process.
 *
 * @throws UserError when no key fits
 */
export async function openSnapshot(path: string, keys: DecryptionKeys): Promise<OpenFile> {
  if (!isEncryptedFile(path)) return openForReading(path);
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-snapshot-"));
  const copy = join(folder, "snapshot.db");
  const descriptor = openSync(copy, "wx+", 0o600);
  unlinkSync(copy);
  rmSync(folder, { recursive: true });
  try {
    await decryptInto(descriptor, path, keys);
    const { size } = fstatSync(descriptor);
    return { ...overDescriptor(descriptor, { name: path, sizeBytes: size }), close: () => closeSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/**
 * Gives `use` the path of a snapshot that is not encrypted: the file itself, or a copy in `folder` that only its owner can read
 * and that is deleted afterwards.
 *
 * @throws UserError when no key fits
 */
export async function withPlainSnapshot<T>(
  path: string,
  options: { readonly keys: DecryptionKeys; readonly folder: string },
  use: (plainPath: string) => Promise<T>,
): Promise<T> {
  if (!isEncryptedFile(path)) return use(path);
  const work = mkdtempSync(join(options.folder, ".decrypted-"));
  const copy = join(work, "snapshot.db");
  const remove = () => rmSync(work, { recursive: true, force: true });
  const interrupt = () => {
    remove();
    process.exit(130);
  };
  for (const signal of endings) process.once(signal, interrupt);
  try {
    const descriptor = openSync(copy, "wx", 0o600);
    try {
      await decryptInto(descriptor, path, options.keys);
    } finally {
      closeSync(descriptor);
    }
    return await use(copy);
  } finally {
    remove();
    for (const signal of endings) process.off(signal, interrupt);
  }
}

/** @throws UserError for the text form, which is too long a form for a database */
function isEncryptedFile(path: string): boolean {
  const file = openForReading(path);
  const head = file.read(0, headBytes);
  file.close();
  if (head.toString("latin1").startsWith("-----BEGIN AGE ")) {
    throw new UserError(`${path} is in age's text form: decrypt it with \`age --decrypt\` first`);
  }
  return isEncrypted(head);
}

async function decryptInto(descriptor: number, path: string, keys: DecryptionKeys): Promise<void> {
  const complete = keys.identities.length > 0 || keys.passphrase !== undefined ? keys : await askedFor(path, keys);
  for await (const piece of decryptStream(createReadStream(path), complete, path)) {
    for (let done = 0; done < piece.length; ) done += writeSync(descriptor, piece, done);
  }
}

/** Only a passphrase can be asked for. */
async function askedFor(path: string, keys: DecryptionKeys): Promise<DecryptionKeys> {
  const head = openForReading(path);
  const isPassphrase = head.read(headBytes, 9).toString("latin1") === "-> scrypt";
  head.close();
  const passphrase = isPassphrase ? await askPassphrase(`passphrase of ${path}`, { twice: false }) : undefined;
  return passphrase === undefined ? keys : { ...keys, passphrase };
}
