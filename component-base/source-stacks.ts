import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { readIfExists } from "./secret-file.ts";

/**
 * Makes stack traces name the lines of our sources, not those of the bundle. Node's own `--enable-source-maps` reads every
 * map when a module is loaded; this reads one when the first stack that needs it is looked at.
 */
export function showSourcesInStacks(): void {
  const maps = new Map<string, SourceMap | undefined>();
  Error.prepareStackTrace = (error, frames) => {
    const lines = frames.map((frame) => `\n    at ${frameText(frame, maps)}`);
    return `${String(error)}${lines.join("")}`;
  };
}

function frameText(frame: NodeJS.CallSite, maps: Map<string, SourceMap | undefined>): string {
  const url = frame.getFileName() ?? frame.getEvalOrigin();
  const line = frame.getLineNumber();
  const column = frame.getColumnNumber();
  if (!url?.startsWith("file:") || line === null || column === null) return String(frame);
  const entry = mapOf(url, maps)?.findEntry(line - 1, column - 1);
  if (entry === undefined || !("originalSource" in entry)) return String(frame);
  const place = `${entry.originalSource.replace(/^(\.\.\/)+/, "")}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  const name = frame.getFunctionName();
  return name === null ? place : `${frame.isAsync() ? "async " : ""}${name} (${place})`;
}

function mapOf(url: string, maps: Map<string, SourceMap | undefined>): SourceMap | undefined {
  if (maps.has(url)) return maps.get(url);
  const text = readIfExists(`${fileURLToPath(url)}.map`);
  const map = text === undefined ? undefined : new SourceMap(JSON.parse(text));
  maps.set(url, map);
  return map;
}
