// Puts a build in its folder without disturbing what runs from there.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";

const stampName = ".stamp";

/** What the last build in `folder` was made from; undefined when there is none. */
export function builtFrom(folder) {
  return readStamp(folder)[0];
}

/**
 * Writes the files of a build: pieces first, whose names change with their content, then the entry points, each in one step.
 * So whoever starts meanwhile gets the old build or the new one. JavaScript of builds before stays for `keepMs` after it was
 * last current, for the processes that still load pieces of it; everything else goes.
 *
 * @param {{ folder: string, files: { path: string, contents: Uint8Array, isEntryPoint: boolean }[], from: string, keepMs: number }} build
 *   paths absolute; `from` is what `builtFrom` answers next time
 */
export function writeBuild({ folder, files, from, keepMs }) {
  mkdirSync(folder, { recursive: true });
  const [, ...previous] = readStamp(folder);
  for (const file of files.filter(({ isEntryPoint }) => !isEntryPoint)) {
    if (!existsSync(file.path)) writeAtomically(file.path, file.contents);
  }
  for (const file of files.filter(({ isEntryPoint }) => isEntryPoint)) writeAtomically(file.path, file.contents);
  const names = files.map(({ path }) => relative(folder, path));
  removeOld({ folder, current: new Set(names), previous: new Set(previous), keepMs });
  writeAtomically(join(folder, stampName), [from, ...names].join("\n"));
}

function removeOld({ folder, current, previous, keepMs }) {
  const now = new Date();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const name = relative(folder, path);
    if (!entry.isFile() || name === stampName || current.has(name)) continue;
    // Its time of change says from now on when it was replaced.
    if (previous.has(name)) utimesSync(path, now, now);
    if (!name.endsWith(".js") || now - statSync(path).mtimeMs >= keepMs) rmSync(path, { force: true });
  }
}

function readStamp(folder) {
  const file = join(folder, stampName);
  return existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
}

function writeAtomically(path, contents) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}
