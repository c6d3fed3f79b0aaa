import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { findImportProblems } from "./import-graph.ts";

/** Fails when a file imports what its room may not, or when imports go in a circle. */
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const rooms = ["api", "component-base", "etcd", "client", "scheduler", "controller", "kubelet-sim"];
const folders = [...rooms, "apiserver", "cli", "testing", "bench", "scripts", "test"];

const sources = new Map<string, string>();
for (const folder of folders) {
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.m?ts$/.test(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    sources.set(relative(root, file).replaceAll("\\", "/"), readFileSync(file, "utf8"));
  }
}
const problems = findImportProblems(sources);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
