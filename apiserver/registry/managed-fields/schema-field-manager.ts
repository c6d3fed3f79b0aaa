import { equalJson } from "../../../api/json.ts";
import type { ManagedFieldsEntry } from "../../../api/meta.ts";
import type { SchemaModel } from "../../../api/schema/schema-model.ts";
import { type Clock, timestamp } from "../../../component-base/clock.ts";
import type { FieldManager, FieldWrite } from "./field-manager.ts";
import { FieldSets, type FieldsV1 } from "./field-set.ts";
import { difference, union } from "./set-operations.ts";

const maxUpdateEntries = 10;
const ancientManager = "ancient-changes";

/**
 * Writers own the fields that they set or change, along the schema of the kind.
 * @see k8s.io/apimachinery v0.36.0 pkg/util/managedfields/internal/structuredmerge.go
 */
export function createFieldManager(deps: { model: SchemaModel; clock: Clock }): FieldManager {
  const sets = new FieldSets(deps.model);
  return {
    afterWrite(write) {
      const { kind, object, old, sent } = write;
      const definition = kind.schema;
      if (old === undefined) {
        const skipStatus = kind.subresources.some(({ name }) => name === "status");
        const fields = sets.created(object, { definition, skipStatus });
        return fields === undefined ? undefined : [entryOf(write, fields, timestamp(deps.clock))];
      }
      const present = presentEntries(sent, old.metadata?.managedFields);
      if (present.length === 0) return undefined;
      const { changed, removed } = sets.changes(object, old, { definition, skipStatus: false });
      if (changed === undefined && removed === undefined) return [...present];
      const touched = union(changed, removed);
      const entries: ManagedFieldsEntry[] = [];
      let own: ManagedFieldsEntry | undefined;
      for (const entry of present) {
        if (isOwn(entry, write)) {
          own = entry;
          continue;
        }
        const left = difference((entry.fieldsV1 ?? {}) as FieldsV1, touched);
        if (left !== undefined) entries.push(left === entry.fieldsV1 ? entry : { ...entry, fieldsV1: left });
      }
      const before = own?.fieldsV1 as FieldsV1 | undefined;
      const kept = before === undefined ? undefined : difference(before, removed);
      const fields = union(kept, changed);
      if (fields !== undefined) {
        const same = own !== undefined && equalJson(fields, before);
        entries.push(same && changed === undefined && own ? own : entryOf(write, fields, timestamp(deps.clock)));
      }
      return limited(entries.sort(order));
    },
  };
}

/** A client may replace the account; `[{}]` ends it, nothing and nonsense keep it. */
function presentEntries(
  sent: readonly ManagedFieldsEntry[] | undefined,
  live: readonly ManagedFieldsEntry[] = [],
): readonly ManagedFieldsEntry[] {
  if (sent === undefined || sent === live || sent.length === 0) return live;
  if (sent.length === 1 && sent[0] !== undefined && Object.keys(sent[0]).length === 0) return [];
  const readable = sent.every(
    ({ operation, fieldsType, fieldsV1 }) =>
      (operation === "Update" || operation === "Apply") && fieldsType === "FieldsV1" && fieldsV1 !== undefined,
  );
  return readable ? sent : live;
}

const isOwn = (entry: ManagedFieldsEntry, { manager, kind, subresource }: FieldWrite) =>
  entry.operation === "Update" &&
  entry.manager === manager &&
  entry.apiVersion === kind.apiVersion &&
  (entry.subresource ?? "") === subresource;

function entryOf({ manager, kind, subresource }: FieldWrite, fieldsV1: FieldsV1, time: string): ManagedFieldsEntry {
  return {
    manager,
    operation: "Update",
    apiVersion: kind.apiVersion,
    time,
    fieldsType: "FieldsV1",
    fieldsV1,
    ...(subresource !== "" && { subresource }),
  };
}

/** Apply before Update, then by time, manager, version and subresource. */
function order(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  for (const key of ["operation", "time", "manager", "apiVersion", "subresource"] as const) {
    const left = a[key] ?? "";
    const right = b[key] ?? "";
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

/** Merges the oldest updates of a version into one entry when there are too many. */
function limited(entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  let excess = entries.filter(({ operation }) => operation === "Update").length - maxUpdateEntries;
  if (excess <= 0) return entries;
  const ancient = new Map<string, ManagedFieldsEntry>();
  const rest: ManagedFieldsEntry[] = [];
  for (const entry of entries) {
    const version = entry.apiVersion ?? "";
    const merged = ancient.get(version);
    if (entry.operation !== "Update" || excess < 0) {
      rest.push(entry);
      continue;
    }
    excess--;
    const fieldsV1 = union(merged?.fieldsV1 as FieldsV1 | undefined, entry.fieldsV1 as FieldsV1 | undefined) ?? {};
    const { subresource: _subresource, ...oldest } = entry;
    ancient.set(version, { ...oldest, manager: ancientManager, fieldsV1 });
  }
  return [...rest, ...ancient.values()].sort(order);
}
