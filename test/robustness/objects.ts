import type { Seen } from "./history.ts";

/** Where the suite writes. */
export const namespaces = { registers: "robustness", pods: "robustness-pods" } as const;
export const registersPrefix = `configmaps/${namespaces.registers}/`;
export const podsPrefix = `pods/${namespaces.pods}/`;

/** One kind that the suite reads and watches. */
export interface Resource {
  /** Of its keys, and where it is served below `/api/v1/namespaces/`. */
  readonly prefix: string;
  readonly path: string;
}

export const registers: Resource = {
  prefix: registersPrefix,
  path: `/api/v1/namespaces/${namespaces.registers}/configmaps`,
};
export const pods: Resource = { prefix: podsPrefix, path: `/api/v1/namespaces/${namespaces.pods}/pods` };

/** Clients turn to a new epoch's names now and then. */
export const registerName = (epoch: number, index: number) => `register-${epoch}-${index}`;

/** The parts of an object that the suite looks at. */
interface Wire {
  readonly metadata?: {
    readonly name?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly continue?: string;
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly nodeName?: string };
  readonly status?: { readonly phase?: string };
  readonly details?: { readonly uid?: string };
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly items?: readonly Wire[];
}

/** What a gateway or etcd sent, taken at its word: everything in it is compared with something else later. */
export const wire = (value: unknown): Wire => (typeof value === "object" && value !== null ? (value as Wire) : {});

/** A register as it is written. */
export function registerBody(options: { name: string; write: string; group: string; guard?: number | undefined }) {
  const { name, write, group, guard } = options;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, labels: { group }, ...(guard !== undefined && { resourceVersion: String(guard) }) },
    data: { write },
  };
}

/** @param revision - default: the object's resourceVersion */
export function toSeen(prefix: string, value: unknown, revision?: number): Seen {
  const { metadata = {}, data, spec } = wire(value);
  const uid = metadata.uid ?? "";
  return {
    key: `${prefix}${metadata.name}`,
    revision: revision ?? Number(metadata.resourceVersion),
    // Objects that others write are told apart by uid and revision alone.
    write: data?.["write"] ?? `of-${uid}`,
    uid,
    ...(spec?.nodeName !== undefined && { node: spec.nodeName }),
  };
}

export function groupOf(value: unknown): string {
  return wire(value).metadata?.labels?.["group"] ?? "";
}
