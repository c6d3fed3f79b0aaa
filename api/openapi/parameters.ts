/** One query or path parameter. */
export interface Parameter {
  readonly name: string;
  readonly in: "query" | "path";
  readonly type: "string" | "integer" | "boolean";
  readonly description: string;
}

const query = (name: string, type: Parameter["type"], description: string): Parameter => ({
  name,
  in: "query",
  type,
  description,
});

export const nameParameter = (kind: string): Parameter => ({
  name: "name",
  in: "path",
  type: "string",
  description: `name of the ${kind}`,
});

export const namespaceParameter: Parameter = {
  name: "namespace",
  in: "path",
  type: "string",
  description: "the namespace that the objects lie in",
};

export const pretty = query("pretty", "string", "If 'true', the answer is indented.");

export const dryRun = query("dryRun", "string", "`All`: everything is done but storing.");

export const fieldManager = query("fieldManager", "string", "Who is said to own the fields that change.");

export const fieldValidation = query(
  "fieldValidation",
  "string",
  "What becomes of unknown and duplicate fields: `Ignore` drops them, `Warn` drops them with a warning, `Strict` refuses the request.",
);

export const force = query("force", "boolean", "Apply requests take over fields that others own.");

const selection: readonly Parameter[] = [
  query("continue", "string", "The token of the page before."),
  query("fieldSelector", "string", "Selects objects by their fields."),
  query("labelSelector", "string", "Selects objects by their labels."),
  query("limit", "integer", "How many objects a page may hold."),
  query("resourceVersion", "string", "How new the answer must be."),
  query("resourceVersionMatch", "string", "How resourceVersion is meant: `Exact` or `NotOlderThan`."),
  query("sendInitialEvents", "boolean", "A watch begins with what there is."),
  query("timeoutSeconds", "integer", "How long the request may take."),
];

export const listParameters: readonly Parameter[] = [
  query("allowWatchBookmarks", "boolean", "A watch may be told of newer versions without an object."),
  ...selection,
  query("watch", "boolean", "Changes are sent as they happen."),
];

const deletion: readonly Parameter[] = [
  query("gracePeriodSeconds", "integer", "How long the object may take to end; 0: none at all."),
  query("orphanDependents", "boolean", "Deprecated: use propagationPolicy."),
  query("propagationPolicy", "string", "What becomes of dependents: `Orphan`, `Background` or `Foreground`."),
];

export const deleteParameters: readonly Parameter[] = [dryRun, ...deletion];

export const deleteCollectionParameters: readonly Parameter[] = [...selection, dryRun, ...deletion];
