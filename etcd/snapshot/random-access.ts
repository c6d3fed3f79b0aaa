import { closeSync, fstatSync, openSync, readSync } from "node:fs";

import { SnapshotFileError } from "./snapshot-file-error.ts";

/** Bytes that are read piece by piece, wherever they are. */
export interface RandomAccess {
  /** Shown in messages. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Fewer bytes than asked for only at the end. */
  read(offset: number, lengthBytes: number): Buffer;
}

/** A file opened for reading. */
export interface OpenFile extends RandomAccess {
  close(): void;
}

/**
 * Opens a file; nothing of it is kept in memory.
 * @throws Node's own error when it cannot be opened; SnapshotFileError for a folder
 */
export function openForReading(path: string): OpenFile {
  const descriptor = openSync(path, "r");
  const close = () => closeSync(descriptor);
  const status = fstatSync(descriptor);
  if (status.isFile()) return { ...overDescriptor(descriptor, { name: path, sizeBytes: status.size }), close };
  close();
  throw new SnapshotFileError("NotASnapshot", `${path} is no file`);
}

/** Reads from a descriptor that somebody else opens and closes. */
export function overDescriptor(descriptor: number, file: { name: string; sizeBytes: number }): RandomAccess {
  return {
    ...file,
    read(offset, lengthBytes) {
      const available = Math.max(0, Math.min(lengthBytes, file.sizeBytes - offset));
      const buffer = Buffer.allocUnsafe(available);
      let done = 0;
      while (done < available) {
        const count = readSync(descriptor, buffer, done, available - done, offset + done);
        if (count === 0) break;
        done += count;
      }
      return buffer.subarray(0, done);
    },
  };
}

/** The same over bytes in memory. */
export function overBytes(bytes: Uint8Array, name: string): RandomAccess {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    name,
    sizeBytes: bytes.byteLength,
    read: (offset, lengthBytes) => buffer.subarray(offset, Math.min(offset + lengthBytes, bytes.byteLength)),
  };
}
