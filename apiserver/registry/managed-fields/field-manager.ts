import type { Kind } from "../../../api/kind.ts";
import type { ApiObject, ManagedFieldsEntry } from "../../../api/meta.ts";

export interface FieldWrite {
  readonly kind: Kind;
  /** Empty for the object itself. */
  readonly subresource: string;
  readonly manager: string;
  readonly object: Readonly<ApiObject>;
  /** Absent on create. */
  readonly old: Readonly<ApiObject> | undefined;
  /** What the client sent in `metadata.managedFields`. */
  readonly sent: readonly ManagedFieldsEntry[] | undefined;
}

/** Keeps the account of who set which field. */
export interface FieldManager {
  /** The entries after a write that is not an apply; undefined: none are kept. */
  afterWrite(write: FieldWrite): ManagedFieldsEntry[] | undefined;
}
