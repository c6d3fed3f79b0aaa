import { builtinModules } from "node:module";
import { posix } from "node:path";
import { type ImportRule, importRules, protoReaders } from "./import-rules.ts";

/**
 * All that is wrong with the imports of these sources, one line each: a room or package that the table in
 * `import-rules.ts` does not allow, a path under `proto/` outside the etcd room, a circle of imports.
 *
 * @param sources - path from the root of the repository → text
 */
export function findImportProblems(sources: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [file, text] of sources) {
    const code = withoutComments(text);
    const imports = importsOf(code);
    graph.set(
      file,
      imports.filter((name) => name.startsWith(".")).map((name) => resolvePath(file, name)),
    );
    const rule = ruleFor(file);
    if (rule !== undefined) problems.push(...forbidden(file, imports, rule));
    if (!isFree(file) && !protoReaders.some((reader) => file.startsWith(reader)) && readsProto(code)) {
      problems.push(`${file}: only ${protoReaders[0]} may read proto/`);
    }
  }
  return [...problems, ...findCircles(graph)];
}

function forbidden(file: string, imports: readonly string[], rule: ImportRule): string[] {
  const room = file.slice(0, file.indexOf("/"));
  return imports.flatMap((name) => {
    if (name.startsWith(".")) {
      const target = resolvePath(file, name);
      const allowed = [room, ...rule.rooms].some((entry) => target === entry || target.startsWith(`${entry}/`));
      return allowed ? [] : [`${file}: ${rule.folder} may not import ${target}`];
    }
    if (isNodeModule(name) || rule.packages.includes(packageName(name))) return [];
    return [`${file}: ${rule.folder} may not import the package ${packageName(name)}`];
  });
}

/** Tests may import anything: they are the ones who look from outside. */
function isFree(file: string): boolean {
  return /\.test\.ts$/.test(file) || file.startsWith("test/") || file.startsWith("scripts/");
}

function ruleFor(file: string): ImportRule | undefined {
  return isFree(file) ? undefined : importRules.find((rule) => file.startsWith(rule.folder));
}

/** The module names in `import … from`, `export … from`, `import "…"` and `import("…")`. */
function importsOf(code: string): string[] {
  const pattern =
    /(?:^|[\s;}])(?:import|export)\s[^"'`;()]*?from\s*["']([^"']+)["']|\bimport\s*\(?\s*["']([^"']+)["']/g;
  return [...code.matchAll(pattern)].flatMap((match) => match[1] ?? match[2] ?? []);
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

/** Whether a string names `proto` as a folder of ours: `"proto"`, `"../proto/etcd.proto"`. */
function readsProto(code: string): boolean {
  return /["'`](?:\.{0,2}\/)*proto(?:\/[^"'`\s]*)?["'`]/.test(code) && /\b(?:read\w*|load\w*|join|URL)\s*\(/.test(code);
}

function findCircles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const finished = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) {
      circles.push(`circle of imports: ${[...path.slice(start), file].join(" → ")}`);
      return;
    }
    if (finished.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    finished.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return circles;
}

function resolvePath(file: string, name: string): string {
  return posix.join(posix.dirname(file), name);
}

function packageName(name: string): string {
  return name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
}

function isNodeModule(name: string): boolean {
  return name.startsWith("node:") || builtinModules.includes(name);
}
