import { constants } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "../../component-base/secret-file.ts";
import { UserError } from "../user-error.ts";

/**
 * Writes a file that its owner alone may read. Until it is whole and on the disk it is called `FILE.part`; whatever goes wrong, no
 * such file is left, and an older FILE stays as it was.
 *
 * @param options.check - looks at the whole file before it gets its name
 * @throws UserError when the disk does not take it; what `content` and `check` throw
 */
export async function writeWholeFile<T>(
  file: string,
  content: AsyncIterable<Uint8Array>,
  options: { readonly check: (path: string) => T },
): Promise<T> {
  const part = `${file}.part`;
  try {
    // Another program's leftover may be open to others.
    await rm(part, { force: true });
    const { O_CREAT, O_EXCL, O_WRONLY } = constants;
    await withFile(await open(part, O_CREAT | O_EXCL | O_WRONLY, 0o600), async (handle) => {
      for await (const piece of content) await handle.writeFile(piece);
      await handle.sync();
    });
    const checked = options.check(part);
    await rename(part, file);
    await withFile(await open(dirname(file), "r"), (folder) => folder.sync());
    return checked;
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    if (errorCode(error) === undefined || !(error instanceof Error) || !("syscall" in error)) throw error;
    throw new UserError(`${file} was not written: ${error.message}`, { cause: error });
  }
}

async function withFile(handle: FileHandle, use: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}
