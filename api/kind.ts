import type { ApiObject } from "./meta.ts";

export type Verb = "create" | "delete" | "deletecollection" | "get" | "list" | "patch" | "update" | "watch";

/** What a subresource does is in apiserver/registry/subresources; what it is called and looks like is here. */
export interface Subresource {
  /** Path element: `status`, `scale`, `binding`, `log`, … */
  readonly name: string;
  readonly verbs: readonly Verb[];
  /** The kind of its bodies where it is not the kind's own: Scale, Binding, TokenRequest, … */
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string };
  /** Takes no body and answers with no object: the connection itself becomes a stream. */
  readonly connects?: true;
}

/** One column of `kubectl get`; `cell` gets the object and the moment the row is rendered at, in ms since the epoch. */
export interface Column<T> {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format?: string;
  readonly description?: string;
  /** 1 = shown only by `-o wide`. Default 0. */
  readonly priority?: number;
  readonly cell: (object: T, nowMs: number) => string | number | boolean | null;
}

export type NameRule = "dns1123-subdomain" | "dns1123-label" | "path-segment" | "dns1035-label" | "ip";

/** All that one row may say about a kind. A missing field takes the default named beside it. */
export interface KindRow<T extends ApiObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: "Namespaced" | "Cluster";
  /** OpenAPI definition, e.g. `io.k8s.api.core.v1.Pod`. */
  readonly schema: string;
  /** Default: the kind in lower case. */
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** Default: all eight. */
  readonly verbs?: readonly Verb[];
  readonly subresources?: readonly Subresource[];
  /** How it lies in etcd; `null`: never stored (reviews). Default `{ prefix: plural }`. */
  readonly storage?: KindStorage<T> | null;
  /** Default `dns1123-subdomain`. */
  readonly nameRule?: NameRule;
  /**
   * What `metadata.generation` counts: nothing, changes of spec, of spec or annotations, of all but metadata (and
   * labels where named), or the constant 1. Default `none`.
   */
  readonly generation?:
    | "none"
    | "spec"
    | "spec-or-annotations"
    | "non-metadata"
    | "non-metadata-or-labels"
    | "constant";
  /** PUT to a missing name creates it. Default false. */
  readonly createOnUpdate?: boolean;
  /** PUT without resourceVersion is the last write that wins. Default true. */
  readonly unconditionalUpdate?: boolean;
  /** DELETE answers the object rather than a Status. Default false. */
  readonly returnsDeletedObject?: boolean;
  /** Propagation when the client names none. Default `Background`. */
  readonly defaultPropagation?: "Background" | "Orphan" | "Unsupported";
  /** Seconds to live unless overridden by configuration (Events). Default: for ever. */
  readonly ttlSeconds?: number;
  /** Version defaults, applied to a decoded object in place, on every write. */
  readonly defaults?: (object: T) => void;
  /** Field selectors beyond metadata.name and metadata.namespace. */
  readonly selectableFields?: Readonly<Record<string, (object: T) => string>>;
  /** Columns of `kubectl get`. Default: Name and Created At. */
  readonly columns?: readonly Column<T>[];
  /** Conditions of a table row (finished Pods). */
  readonly rowConditions?: (object: T) => readonly unknown[] | undefined;
  /** Sent as a Warning header with every answer. */
  readonly deprecationWarning?: string;
}

export interface KindStorage<T extends ApiObject> {
  /** Path below the etcd prefix without slashes at its ends: `pods`, `minions`, `services/specs`. */
  readonly prefix: string;
  /** Another row's stored form, e.g. events.k8s.io/v1 Events lie in etcd as v1 Events. */
  readonly as?: {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
    toStored(object: T): ApiObject;
    fromStored(stored: ApiObject): T;
  };
}

/** A row with its defaults filled in. */
export interface Kind<T extends ApiObject = ApiObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  /** `v1`, `apps/v1`. */
  readonly apiVersion: string;
  readonly plural: string;
  readonly singular: string;
  readonly scope: "Namespaced" | "Cluster";
  readonly schema: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly Verb[];
  readonly subresources: readonly Subresource[];
  readonly storage: KindStorage<T> | null;
  readonly nameRule: NameRule;
  readonly generation: NonNullable<KindRow<T>["generation"]>;
  readonly createOnUpdate: boolean;
  readonly unconditionalUpdate: boolean;
  readonly returnsDeletedObject: boolean;
  readonly defaultPropagation: NonNullable<KindRow<T>["defaultPropagation"]>;
  readonly ttlSeconds: number | undefined;
  // The functions are methods so that a Kind<Pod> is a Kind<ApiObject>: rows are looked up by name at run time.
  defaults(object: T): void;
  readonly selectableFields: Readonly<Record<string, (object: never) => string>>;
  readonly columns: readonly Column<never>[];
  rowConditions(object: T): readonly unknown[] | undefined;
  readonly deprecationWarning: string | undefined;
}

const allVerbs: readonly Verb[] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/** What {@link Kind.defaults} is where the row has none. */
export const noDefaults = (): void => undefined;

/** A kind from its row. `T` is its wire type. */
export function defineKind<T extends ApiObject>(row: KindRow<T>): Kind<T> {
  return Object.freeze({
    group: row.group,
    version: row.version,
    kind: row.kind,
    listKind: `${row.kind}List`,
    apiVersion: row.group === "" ? row.version : `${row.group}/${row.version}`,
    plural: row.plural,
    singular: row.singular ?? row.kind.toLowerCase(),
    scope: row.scope,
    schema: row.schema,
    shortNames: row.shortNames ?? [],
    categories: row.categories ?? [],
    verbs: row.verbs ?? allVerbs,
    subresources: row.subresources ?? [],
    storage: row.storage === undefined ? { prefix: row.plural } : row.storage,
    nameRule: row.nameRule ?? "dns1123-subdomain",
    generation: row.generation ?? "none",
    createOnUpdate: row.createOnUpdate ?? false,
    unconditionalUpdate: row.unconditionalUpdate ?? true,
    returnsDeletedObject: row.returnsDeletedObject ?? false,
    defaultPropagation: row.defaultPropagation ?? "Background",
    ttlSeconds: row.ttlSeconds,
    defaults: row.defaults ?? noDefaults,
    selectableFields: row.selectableFields ?? {},
    columns: row.columns ?? [],
    rowConditions: row.rowConditions ?? (() => undefined),
    deprecationWarning: row.deprecationWarning,
  });
}
