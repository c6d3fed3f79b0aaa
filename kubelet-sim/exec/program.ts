import type { Clock } from "../../component-base/clock.ts";
import type { Input } from "./input.ts";

/** Where a program writes to. Resolves when there is room for more; drops what nobody wants to see. */
export interface Output {
  write(data: Uint8Array | string): Promise<void>;
}

/** One call of a program inside a container. */
export interface ProgramCall {
  /** The first word is the program's own name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Whether the other end is a terminal that sends every key. */
  readonly tty: boolean;
  readonly container: ContainerView;
  readonly clock: Clock;
  /** Ends when the client has gone. */
  readonly signal: AbortSignal;
}

/** Resolves with the exit code; rejects when the signal is aborted. */
export type Program = (call: ProgramCall) => Promise<number>;

/** What a program sees around it. */
export interface ContainerView {
  readonly hostname: string;
  /** The environment that every program starts with. */
  readonly env: Readonly<Record<string, string>>;
  readonly files: FileView;
  /** By the word that calls it: a name, or a path. */
  readonly find: (name: string) => Program | undefined;
}

/** Files inside a container. Paths are absolute. */
export interface FileView {
  /** @throws FileProblem */
  read(path: string): Promise<Uint8Array> | AsyncIterable<Uint8Array>;
  /** In bytes. @throws FileProblem */
  size(path: string): Promise<number>;
  /** Names in a folder, sorted; a file's own path for a file. @throws FileProblem */
  list(path: string): Promise<readonly string[]>;
}

/** Why a file cannot be had, in the words of the C library. */
export class FileProblem extends Error {
  override readonly name = "FileProblem";
}

export const noSuchFile = () => new FileProblem("No such file or directory");
export const isFolder = () => new FileProblem("Is a directory");
export const notPermitted = () => new FileProblem("Permission denied");
