import { createReadStream } from "node:fs";
import { mkdir, readdir, stat } from "node:fs/promises";
import { join, posix } from "node:path";
import { errorCode } from "../../component-base/secret-file.ts";
import { type FileView, isFolder, noSuchFile, notPermitted } from "../exec/program.ts";

/** Files of this machine that are seen in the Pod as well, by their path there. */
export type SharedFiles = ReadonlyMap<string, string>;

/** Folders that are there from the start. */
const firstFolders = ["tmp", "var/lib/etcd"];

/**
 * What a Pod sees of files: its own folder on this machine as `/`, where its programs may write, and some files that it
 * shares. Nothing else of this machine can be reached, for a path is made whole before it is looked for.
 */
export class PodFiles implements FileView {
  readonly root: string;
  readonly #shared: SharedFiles;

  constructor(root: string, shared: SharedFiles) {
    this.root = root;
    this.#shared = shared;
  }

  /** Makes the folders. */
  async prepare(): Promise<void> {
    for (const folder of firstFolders) await mkdir(join(this.root, folder), { recursive: true, mode: 0o700 });
  }

  /** Where a path of the Pod is on this machine. `..` does not lead out. */
  onMachine(path: string): string {
    const whole = posix.resolve("/", path);
    return this.#shared.get(whole) ?? join(this.root, whole);
  }

  /** What a program of this machine says, with the Pod's own paths. */
  asInPod(text: string): string {
    let said = text;
    for (const [inPod, onMachine] of this.#shared) said = said.replaceAll(onMachine, inPod);
    return said.replaceAll(`${this.root}/`, "/").replaceAll(this.root, "/");
  }

  async *read(path: string): AsyncGenerator<Uint8Array, void, void> {
    await this.size(path);
    for await (const chunk of createReadStream(this.onMachine(path))) yield chunk;
  }

  async size(path: string): Promise<number> {
    if (this.#isHidden(path)) throw notPermitted();
    try {
      const found = await stat(this.onMachine(path));
      if (!found.isDirectory()) return found.size;
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      if (this.#sharedIn(path).length === 0) throw noSuchFile();
    }
    throw isFolder();
  }

  /** Programs may use a key; nobody is shown it. */
  #isHidden(path: string): boolean {
    return this.#shared.has(path) && path.endsWith(".key");
  }

  async list(path: string): Promise<readonly string[]> {
    const shared = this.#sharedIn(path);
    try {
      const own = await readdir(this.onMachine(path));
      return [...new Set([...own, ...shared])].sort();
    } catch (error) {
      const code = errorCode(error);
      if (code === "ENOTDIR") return [path];
      if (code !== "ENOENT") throw error;
      if (shared.length === 0) throw noSuchFile();
      return shared;
    }
  }

  /** Names in a folder that shared files are in. */
  #sharedIn(folder: string): string[] {
    const prefix = folder === "/" ? "/" : `${folder}/`;
    const inside = [...this.#shared.keys()].filter((path) => path.startsWith(prefix));
    return [...new Set(inside.map((path) => path.slice(prefix.length).split("/")[0] ?? ""))].sort();
  }
}
