import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readIfExists, writeFileAtomically } from "../../component-base/secret-file.ts";

/** A folder that was in the way, and where it is now. */
export interface SetAside {
  readonly member: string;
  readonly folder: string;
}

/** A step of an exchange: names within the data directory. */
interface Move {
  readonly from: string;
  readonly to: string;
}

/** Part of the names of folders that were set aside. */
const asideMark = ".before-restore-";
const journalName = "restore-in-progress.json";
/** What folders begin with in which a restore makes its data. */
const workMark = ".restore-";

/** A name for a folder in which new data is made before it is exchanged for the old. */
export function workName(stamp: string): string {
  return `${workMark}${stamp}-${process.pid}`;
}

/** Folders of members in `dataDir`; those that were set aside do not count. */
export function memberFolders(dataDir: string): readonly string[] {
  if (!existsSync(dataDir)) return [];
  return readdirSync(dataDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.includes(asideMark) && !entry.name.startsWith("."))
    .map((entry) => entry.name)
    .filter((name) => existsSync(join(dataDir, name, "member")));
}

/**
 * Sets every member's folder aside and puts new ones in place, all or none: when a step fails, those before it are taken back;
 * when this process or the machine dies meanwhile, `finishExchange` does the rest.
 *
 * @param options.work - folder within `dataDir` that holds the new folders
 * @param options.names - of the new folders, and so of the members
 * @param options.stamp - for the names of those that are set aside
 */
export function exchangeMembers(
  dataDir: string,
  options: { readonly work: string; readonly names: readonly string[]; readonly stamp: string },
): readonly SetAside[] {
  const { work, names, stamp } = options;
  const old = memberFolders(dataDir);
  // What else has a member's name holds no data: a folder that was never filled.
  const inTheWay = names.filter((name) => !old.includes(name) && existsSync(join(dataDir, name)));
  const asideName = new Map(
    [...old, ...inTheWay].map((name) => [name, freeName(dataDir, `${name}${asideMark}${stamp}`)]),
  );
  const moves = [
    ...[...asideName].map(([from, to]) => ({ from, to })),
    ...names.map((name) => ({ from: join(work, name), to: name })),
  ];
  writeFileAtomically(join(dataDir, journalName), `${JSON.stringify({ moves }, null, 2)}\n`);
  const done: Move[] = [];
  try {
    for (const { from, to } of moves) {
      renameSync(join(dataDir, from), join(dataDir, to));
      done.unshift({ from, to });
    }
  } catch (error) {
    for (const { from, to } of done) renameSync(join(dataDir, to), join(dataDir, from));
    rmSync(join(dataDir, journalName));
    throw error;
  }
  rmSync(join(dataDir, journalName));
  return old.map((member) => ({ member, folder: join(dataDir, asideName.get(member) ?? member) }));
}

/**
 * Does what is left of an exchange that was cut short, and clears away what a restore has left that did not come so far. To be
 * called before a member is started: one whose folder had just been set aside would begin anew, without any data.
 */
export function finishExchange(dataDir: string): void {
  if (!existsSync(dataDir)) return;
  const text = readIfExists(join(dataDir, journalName));
  if (text !== undefined) finishMoves(dataDir, JSON.parse(text) as { readonly moves: readonly Move[] });
  for (const name of readdirSync(dataDir).filter((name) => name.startsWith(workMark))) {
    rmSync(join(dataDir, name), { recursive: true, force: true });
  }
}

function finishMoves(dataDir: string, { moves }: { readonly moves: readonly Move[] }): void {
  for (const { from, to } of moves) {
    if (existsSync(join(dataDir, from)) && !existsSync(join(dataDir, to))) {
      renameSync(join(dataDir, from), join(dataDir, to));
    }
  }
  rmSync(join(dataDir, journalName));
}

function freeName(dataDir: string, name: string): string {
  let free = name;
  for (let number = 2; existsSync(join(dataDir, free)); number++) free = `${name}-${number}`;
  return free;
}
