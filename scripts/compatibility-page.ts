import { type Kind, noDefaults, type Subresource, type Verb } from "../api/kind.ts";
import type { PatchType } from "../apiserver/registry/store.ts";

/** What PATCH takes, for every kind and subresource that has the verb. */
export const servedPatchTypes: readonly PatchType[] = ["json", "merge", "strategic"];

const placeholder = "<!-- kinds -->";

/**
 * docs/compatibility.md: the hand-written template with the tables made from the rows of the kinds in it.
 * @throws Error when the template does not say where the tables go
 */
export function compatibilityPage(kinds: readonly Kind[], template: string): string {
  if (!template.includes(placeholder)) throw new Error(`the template has no line ${placeholder}`);
  const stored = kinds.filter((kind) => kind.storage !== null);
  const unstored = kinds.filter((kind) => kind.storage === null);
  const tables = [storedTable(stored), subresourceTable(kinds), unstoredTable(unstored)];
  return template.replace(placeholder, () => tables.join("\n\n"));
}

function storedTable(kinds: readonly Kind[]): string {
  return table(
    ["kind", "scope", "verbs", "patches", "generation counts", "defaults", "columns", "field selectors", "in etcd"],
    kinds.map((kind) => [
      nameOf(kind),
      kind.scope,
      verbsOf(kind.verbs),
      kind.verbs.includes("patch") ? servedPatchTypes.join(", ") : "–",
      kind.generation === "none" ? "–" : kind.generation,
      kind.defaults === noDefaults ? "–" : "yes",
      kind.columns.length === 0 ? "name and creation" : String(kind.columns.length),
      fieldsOf(kind),
      placeOf(kind),
    ]),
  );
}

const placeOf = ({ storage }: Kind) =>
  storage?.as === undefined
    ? `\`${storage?.prefix ?? ""}\``
    : `\`${storage.prefix}\`, as ${storage.as.group || "core"}/${storage.as.version} ${storage.as.kind}`;

function fieldsOf({ selectableFields }: Kind): string {
  const names = Object.keys(selectableFields);
  return names.length === 0 ? "–" : names.map((name) => `\`${name}\``).join(" ");
}

function subresourceTable(kinds: readonly Kind[]): string {
  return table(
    ["subresource", "verbs", "patches", "kind"],
    kinds.flatMap((kind) =>
      kind.subresources.map((subresource) => [
        `${kind.plural}/${subresource.name}`,
        subresource.verbs.join(", "),
        subresource.verbs.includes("patch") ? servedPatchTypes.join(", ") : "–",
        kindOf(kind, subresource),
      ]),
    ),
  );
}

const kindOf = (kind: Kind, { kind: other }: Subresource) =>
  other === undefined ? kind.kind : `${other.group === "" ? "" : `${other.group}/`}${other.version} ${other.kind}`;

function unstoredTable(kinds: readonly Kind[]): string {
  return table(
    ["answered, never stored", "scope", "verbs"],
    kinds.map((kind) => [nameOf(kind), kind.scope, kind.verbs.join(", ")]),
  );
}

const nameOf = ({ apiVersion, kind }: Kind) => `${apiVersion} ${kind}`;

const everyVerb = 8;
const verbsOf = (verbs: readonly Verb[]) => (verbs.length === everyVerb ? "all" : verbs.join(", "));

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), `|${" --- |".repeat(header.length)}`, ...rows.map(line)].join("\n");
}
