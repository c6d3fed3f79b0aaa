// `npm pack` calls this first: a whole build, and the types of gatehouse/testing beside its JavaScript.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { bootstrap, run } from "./bootstrap.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

await bootstrap({ forceBuild: true });
const declarations = mkdtempSync(join(tmpdir(), "gatehouse-types-"));
try {
  const emit = [
    "--noEmit",
    "false",
    "--declaration",
    "--emitDeclarationOnly",
    "--rootDir",
    ".",
    "--outDir",
    declarations,
  ];
  run(process.execPath, ["node_modules/typescript/bin/tsc", ...emit], "the types could not be made: see above");
  copyWithImports(join(declarations, "testing/index.d.ts"), new Set());
} finally {
  rmSync(declarations, { recursive: true, force: true });
}

/** Puts a declaration file, and those that it imports, into dist/; sources import `x.ts`, what is installed is `x.js`. */
function copyWithImports(file, copied) {
  if (copied.has(file)) return;
  copied.add(file);
  const imported = [];
  const text = readFileSync(file, "utf8").replaceAll(/(["'])(\.{1,2}\/[^"']+)\.ts\1/g, (_, quote, path) => {
    imported.push(resolve(dirname(file), `${path}.d.ts`));
    return `${quote}${path}.js${quote}`;
  });
  const target = join(root, "dist", relative(declarations, file));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
  for (const next of imported) copyWithImports(next, copied);
}
