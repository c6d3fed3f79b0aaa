import type { ControllerRow } from "./controller.ts";

/**
 * The rows that `--controllers` names: `foo` on, `-foo` off, `*` all others on. Without `*` only those named run.
 * @throws Error that names whatever is no controller
 */
export function selectedControllers(
  rows: readonly ControllerRow[],
  wanted: readonly string[],
): readonly ControllerRow[] {
  const known = new Map(rows.flatMap((row) => [row.name, ...row.aliases].map((name) => [name, row])));
  const unknown = wanted.filter((entry) => entry !== "*" && !known.has(entry.replace(/^-/, "")));
  if (unknown.length > 0) {
    const names = rows.map(({ name }) => name).join(", ");
    throw new Error(`no such controller: ${unknown.join(", ")}; there are ${names}`);
  }
  const named = (prefix: string) =>
    new Set(
      wanted
        .filter((entry) => known.has(entry.slice(prefix.length)) && entry.startsWith(prefix))
        .map((entry) => known.get(entry.slice(prefix.length))),
    );
  const off = named("-");
  const on = named("");
  return rows.filter((row) => on.has(row) || (wanted.includes("*") && !off.has(row)));
}
