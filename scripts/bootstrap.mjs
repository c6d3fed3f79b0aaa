// Makes a checkout ready to run: Node's version, dependencies, generated files, dist/. Plain JavaScript, because it runs
// before anything is installed. Costs a few milliseconds when nothing has changed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { builtFrom, writeBuild } from "./write-build.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const rooms = ["api", "component-base", "etcd", "apiserver", "client", "scheduler", "controller", "kubelet-sim"];
const builtFolders = [...rooms, "cli", "testing", "bench"];
const entryPoints = [
  "cli/main.ts",
  "apiserver/main.ts",
  "scheduler/main.ts",
  "controller/main.ts",
  "kubelet-sim/main.ts",
  "testing/index.ts",
  "bench/main.ts",
];

/**
 * @param {{ forceBuild?: boolean, build?: boolean }} options
 */
export async function bootstrap(options = {}) {
  checkNode();
  installDependencies();
  generate();
  if (options.build !== false) await build({ force: options.forceBuild === true });
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `Gatehouse needs Node.js 20.19 or newer; this is ${process.versions.node}. Install a newer one from https://nodejs.org.`,
  );
}

/** Runs `npm ci` unless node_modules holds exactly what package-lock.json names. */
function installDependencies() {
  const modules = join(root, "node_modules");
  const stamp = join(modules, ".gatehouse-lock");
  const wanted = digestOf([join(root, "package-lock.json")]);
  if (readText(stamp) === wanted) return;
  if (!isInstalled(join(modules, ".package-lock.json"))) {
    say("installing dependencies");
    const quietly = ["--no-audit", "--no-fund", "--loglevel=error"];
    // A registry mirror may lack packages for other platforms; `npm ci` then calls the lock file incomplete.
    const exact = spawnSync("npm", ["ci", ...quietly], { cwd: root, stdio: "ignore" });
    if (exact.status !== 0) run("npm", ["install", "--no-save", ...quietly], "npm could not install the dependencies");
  }
  writeFileSync(stamp, wanted);
}

function isInstalled(installedLock) {
  const installed = JSON.parse(readText(installedLock) ?? "{}").packages ?? {};
  const locked = JSON.parse(readText(join(root, "package-lock.json")) ?? "{}").packages ?? {};
  const names = Object.keys(locked).filter((name) => name !== "");
  return (
    Object.keys(installed).every((name) => locked[name] !== undefined) &&
    names.every((name) => locked[name].optional || installed[name]?.version === locked[name].version)
  );
}

/** Types, schemas and validators that are made from packages and from the table of kinds. */
function generate() {
  const generator = join(root, "scripts", "generate.ts");
  if (!existsSync(generator)) return;
  const inputs = [...sourcesIn("api"), ...sourcesIn("scripts").filter((file) => /generate/.test(file))];
  const stamp = join(root, "api", "generated", ".stamp");
  const wanted = digestOf([...inputs, join(root, "package-lock.json")]);
  if (readText(stamp) === wanted) return;
  say("generating types and schemas");
  run(process.execPath, ["--import", tsx(), generator], "generating failed");
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** A plane that runs loads pieces of its build long after it has started; by then there may be a newer build. */
const keepReplacedMs = 24 * 60 * 60 * 1000;

/** Bundles what runs into dist/, so that a process starts in milliseconds. Forced, it leaves nothing else there. */
async function build({ force }) {
  const dist = join(root, "dist");
  const sources = [...builtFolders.flatMap(sourcesIn), ...filesIn("api/generated")];
  const wanted = statusOf([
    ...sources,
    join(root, "package.json"),
    join(root, "package-lock.json"),
    fileURLToPath(import.meta.url),
  ]);
  if (!force && builtFrom(dist) === wanted) return;
  say("building");
  const { build: bundle } = await import(pathToFileURL(join(root, "node_modules/esbuild/lib/main.js")).href);
  const result = await bundle({
    absWorkingDir: root,
    entryPoints: entryPoints.filter((file) => existsSync(join(root, file))),
    outdir: "dist",
    outbase: ".",
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    mainFields: ["module", "main"],
    // A third less to parse at every start; component-base/source-stacks.ts keeps stack traces readable.
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: true,
    sourcesContent: false,
    logLevel: "silent",
    // Dependencies written as CommonJS call require() for Node's own modules.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  }).catch((error) => fail(`building failed:\n${error.message}`));
  for (const warning of result.warnings)
    console.error(`warning: ${warning.text} (${warning.location?.file}:${warning.location?.line})`);
  const isEntryPoint = ({ path }) =>
    entryPoints.includes(result.metafile.outputs[relative(root, path.replace(/\.map$/, ""))]?.entryPoint);
  writeBuild({
    folder: dist,
    files: result.outputFiles.map((file) => ({
      path: file.path,
      contents: file.contents,
      isEntryPoint: isEntryPoint(file),
    })),
    from: wanted,
    keepMs: force ? 0 : keepReplacedMs,
  });
}

/** TypeScript sources of a folder, tests and generated files left out. */
function sourcesIn(folder) {
  return filesIn(folder).filter(
    (file) => /\.(ts|json|yaml)$/.test(file) && !/\.test\.ts$|[\\/]generated[\\/]/.test(file),
  );
}

function filesIn(folder) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** Changes when one of the files does, as far as size and time of change tell. */
function statusOf(files) {
  const hash = createHash("sha256");
  for (const file of files) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

/** Changes when the content of one of the files does. */
function digestOf(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file.slice(root.length)}\0`).update(readFileSync(file));
  return hash.digest("hex");
}

function readText(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** The loader that runs TypeScript, as `--import` wants it. */
export function tsx() {
  return pathToFileURL(join(root, "node_modules/tsx/dist/loader.mjs")).href;
}

/** Runs a step with its output shown; a failure ends this process. */
export function run(program, args, failure) {
  const result = spawnSync(program, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (result.status !== 0) fail(failure, result.status ?? 1);
}

function say(line) {
  console.error(`gatehouse: ${line}`);
}

/** @returns {never} */
function fail(message, code = 1) {
  console.error(`gatehouse: ${message}`);
  process.exit(code);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bootstrap({ forceBuild: process.argv.includes("--force-build") });
}
