import { randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Makes a folder that only its owner may open (0700), parents included. */
export function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
}

/**
 * Writes a file in one step: readers see the old content or the new, never half of it. Content that is already there is
 * left alone.
 *
 * @param options.mode - permission bits; default 0600, for keys and everything that holds one
 */
export function writeFileAtomically(file: string, content: string, options: { mode?: number } = {}): void {
  if (readIfExists(file) === content) return;
  mkdirSync(dirname(file), { recursive: true });
  const temporary = join(dirname(file), `.${randomUUID()}.tmp`);
  writeFileSync(temporary, content, { mode: options.mode ?? 0o600, flag: "wx" });
  renameSync(temporary, file);
}

/** The file's text, or undefined when there is no such file. Other failures are thrown. */
export function readIfExists(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Node's `error.code` (`ENOENT`, `EADDRINUSE`, …), if it is that sort of error. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
