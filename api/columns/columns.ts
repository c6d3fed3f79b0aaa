import { ageOf } from "../duration.ts";
import { columnDocs } from "../generated/column-docs.ts";
import type { Container, LabelSelector } from "../generated/types.ts";
import type { Column } from "../kind.ts";
import { type ApiObject, nameOf } from "../meta.ts";

/** The documentation of a field, as the description of the column that shows it. */
export const documentation = (field: keyof typeof columnDocs): string => columnDocs[field];

export const nameColumn: Column<ApiObject> = {
  name: "Name",
  type: "string",
  format: "name",
  description: documentation("meta.v1.ObjectMeta.name"),
  cell: nameOf,
};

export const ageColumn: Column<ApiObject> = {
  name: "Age",
  type: "string",
  description: documentation("meta.v1.ObjectMeta.creationTimestamp"),
  cell: (object, nowMs) => ageOf(object.metadata?.creationTimestamp, nowMs),
};

/** A column of text. `wide`: shown by `-o wide` only. */
export function textColumn<T>(
  name: string,
  options: { description: string; wide?: true; cell: Column<T>["cell"] },
): Column<T> {
  const { description, wide, cell } = options;
  return { name, type: "string", description, ...(wide && { priority: 1 }), cell };
}

export const orNone = (text: string | undefined): string => (text === undefined || text === "" ? "<none>" : text);

/** The first `shown` items, then how many more there are. */
export function firstFew(items: readonly string[], shown: number): string {
  const head = items.slice(0, shown).join(",");
  return items.length > shown ? `${head} + ${items.length - shown} more...` : head;
}

/** Three columns that show what a workload's template runs. */
export function workloadColumns<T>(options: {
  containers: (object: T) => readonly Container[] | undefined;
  selector: (object: T) => LabelSelector | undefined;
  selectorDoc: string;
}): Column<T>[] {
  const { containers, selector, selectorDoc } = options;
  return [
    textColumn("Containers", {
      description: "Names of each container in the template.",
      wide: true,
      cell: (object) => (containers(object) ?? []).map((container) => container.name).join(","),
    }),
    textColumn("Images", {
      description: "Images referenced by each container in the template.",
      wide: true,
      cell: (object) => (containers(object) ?? []).map((container) => container.image ?? "").join(","),
    }),
    textColumn("Selector", { description: selectorDoc, wide: true, cell: (object) => selectorText(selector(object)) }),
  ];
}

/** `app=web,tier in (a,b)`; `<none>` when it selects everything or nothing was said. */
export function selectorText(selector: LabelSelector | undefined): string {
  const equalities = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({
    key,
    text: `${key}=${value}`,
  }));
  const expressions = (selector?.matchExpressions ?? []).map(({ key, operator, values }) => {
    const list = `(${[...(values ?? [])].sort().join(",")})`;
    switch (operator) {
      case "In":
        return { key, text: `${key} in ${list}` };
      case "NotIn":
        return { key, text: `${key} notin ${list}` };
      case "Exists":
        return { key, text: key };
      default:
        return { key, text: `!${key}` };
    }
  });
  const sorted = [...equalities, ...expressions].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return orNone(sorted.map(({ text }) => text).join(","));
}

/** `a=1,b=2`, sorted; `<none>` when empty. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  return orNone(
    Object.entries(labels ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join(","),
  );
}
