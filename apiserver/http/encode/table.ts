import { ageColumn } from "../../../api/columns/columns.ts";
import type { Column, Kind } from "../../../api/kind.ts";
import { type ApiObject, type ListMeta, nameOf } from "../../../api/meta.ts";
import { badRequest } from "../../../api/status.ts";
import { partialMetadataJson } from "./partial-metadata.ts";

export type IncludeObject = "Metadata" | "Object" | "None";

/** What a Table is rendered with. */
export interface TableStyle {
  readonly version: "v1" | "v1beta1";
  readonly includeObject: IncludeObject;
  readonly nowMs: number;
}

/** One row's object and, where the row is to hold all of it, its JSON. */
export interface TableItem {
  readonly object: ApiObject;
  readonly json: () => string;
}

/** The columns of a kind's Tables, and the conditions of its rows. */
export interface TableLayout {
  readonly columns: readonly Column<never>[];
  rowConditions(object: ApiObject): readonly unknown[] | undefined;
}

const nameColumn: Column<ApiObject> = {
  name: "Name",
  type: "string",
  format: "name",
  description: "Name must be unique within a namespace.",
  cell: nameOf,
};

/** For kinds without columns of their own. @see k8s.io/apiserver v0.36.0 pkg/registry/rest/table.go */
const defaultColumns: readonly Column<never>[] = [
  nameColumn,
  {
    name: "Created At",
    type: "date",
    description: "CreationTimestamp is a timestamp representing the server time when this object was created.",
    cell: (object: ApiObject) => object.metadata?.creationTimestamp ?? null,
  },
];

export function layoutOf(kind: Kind): TableLayout {
  return {
    columns: kind.columns.length === 0 ? defaultColumns : kind.columns,
    rowConditions: (object) => kind.rowConditions(object),
  };
}

/** @throws StatusError 400 */
export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const value = query.get("includeObject") ?? "";
  if (value === "" || value === "Metadata") return "Metadata";
  if (value === "Object" || value === "None") return value;
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

/** A Table of `items` as JSON. `withColumns` is false for all but the first event of a watch. */
export function tableJson(
  layout: TableLayout,
  items: Iterable<TableItem>,
  options: { style: TableStyle; metadata: ListMeta; withColumns: boolean },
): string {
  const { style, metadata, withColumns } = options;
  const rows: string[] = [];
  for (const item of items) rows.push(rowJson(layout, item, style));
  const columns = withColumns ? JSON.stringify(layout.columns.map(columnDefinition)) : "null";
  return `${tableHead(style, metadata)}"columnDefinitions":${columns},"rows":[${rows.join(",")}]}`;
}

/** A Table with one blank row, as which a bookmark is sent: its object carries the bookmark's metadata. */
export function bookmarkTableJson(
  layout: TableLayout,
  options: { style: TableStyle; metadata: NonNullable<ApiObject["metadata"]>; withColumns: boolean },
): string {
  const { style, metadata, withColumns } = options;
  const columns = withColumns ? JSON.stringify(layout.columns.map(columnDefinition)) : "null";
  const cells = layout.columns.map((column, index) => blankCell({ column, index, metadata, nowMs: style.nowMs }));
  const row = `{"cells":${JSON.stringify(cells)},"object":${partialMetadataJson({ metadata })}}`;
  const { resourceVersion = "" } = metadata;
  return `${tableHead(style, { resourceVersion })}"columnDefinitions":${columns},"rows":[${row}]}`;
}

const tableHead = (style: TableStyle, metadata: ListMeta) =>
  `{"kind":"Table","apiVersion":"meta.k8s.io/${style.version}","metadata":${JSON.stringify(metadata)},`;

function rowJson(layout: TableLayout, item: TableItem, style: TableStyle): string {
  // The row's columns are typed by its own kind; the item is of that kind.
  const cells = layout.columns.map((column) => (column as unknown as Column<ApiObject>).cell(item.object, style.nowMs));
  const conditions = layout.rowConditions(item.object);
  const conditionsJson = conditions === undefined ? "" : `"conditions":${JSON.stringify(conditions)},`;
  return `{"cells":${JSON.stringify(cells)},${conditionsJson}"object":${objectJson(item, style.includeObject)}}`;
}

function objectJson(item: TableItem, includeObject: IncludeObject): string {
  if (includeObject === "None") return "null";
  return includeObject === "Object" ? item.json() : partialMetadataJson(item.object);
}

function columnDefinition(column: Column<never>) {
  const { name, type, format = "", description = "", priority = 0 } = column;
  return { name, type, format, description, priority };
}

/** A cell of an object that has nothing but metadata; kinds whose cells need more get a value of the column's type. */
function blankCell(blank: {
  column: Column<never>;
  index: number;
  metadata: NonNullable<ApiObject["metadata"]>;
  nowMs: number;
}): string | number | boolean | null {
  const { column, index, metadata, nowMs } = blank;
  try {
    return (column as unknown as Column<ApiObject>).cell({ metadata }, nowMs) ?? null;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    if (column.type === "integer" || column.type === "number") return 0;
    return column.type === "boolean" ? false : index === 0 ? "" : "<unknown>";
  }
}

/** Subresources that answer with kinds without a row. */
const scaleColumns: readonly Column<never>[] = [
  nameColumn,
  { name: "Desired", type: "integer", cell: (scale: ScaleLike) => scale.spec?.replicas ?? 0 },
  { name: "Available", type: "integer", cell: (scale: ScaleLike) => scale.status?.replicas ?? 0 },
  ageColumn,
];

interface ScaleLike extends ApiObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly replicas?: number };
}

/** The layout for an answer that is not of the resource's own kind. */
export function layoutOfForeign(kind: string | undefined): TableLayout {
  return { columns: kind === "Scale" ? scaleColumns : defaultColumns, rowConditions: () => undefined };
}
