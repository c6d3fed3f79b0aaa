import type { FieldError } from "../../api/field-errors.ts";
import type { ApiObject } from "../../api/meta.ts";
import type { RequestContext, UserInfo } from "../http/request-context.ts";

/** What a strategy may know of the request. */
export interface StrategyContext {
  readonly ctx: RequestContext;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** What is written through; empty: the object itself. */
  readonly subresource: string;
  /** The object exists already. */
  readonly updating: boolean;
}

/** Something taken from a shared pool for a write: kept when the write succeeded, given back when it failed. */
export interface Reservation {
  commit(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Where one kind differs from the generic operations. Every member is optional and runs in the order listed; objects are
 * ours to change except those named `old`, which are shared.
 */
export interface Strategy<T extends ApiObject = ApiObject> {
  /** Sets what the server owns in a new object. Kinds with `/status` have had their status dropped, unless kept here. */
  prepareForCreate?(object: T, context: StrategyContext): void;
  /** The same for a write to an existing object; status has been copied from `old`. */
  prepareForUpdate?(object: T, old: Readonly<T>, context: StrategyContext): void;
  /** The same for a write to `/status`; all but status, labels and annotations has been copied from `old`. */
  prepareForStatusUpdate?(object: T, old: Readonly<T>, context: StrategyContext): void;
  /** What is wrong with an object by itself. */
  validate?(object: T, context: StrategyContext): FieldError[];
  /** What is wrong with going from `old` to `object`; `validate` runs for updates as well. */
  validateUpdate?(object: T, old: Readonly<T>, context: StrategyContext): FieldError[];
  validateStatusUpdate?(object: T, old: Readonly<T>): FieldError[];
  /** May refuse the writer (throws StatusError): RBAC escalation. */
  authorizeWrite?(object: T, old: Readonly<T> | undefined, context: StrategyContext): Promise<void>;
  /** Texts for the Warning header. */
  warnings?(object: T, old: Readonly<T> | undefined): string[];
  /** Upstream looks at metadata in its generic code only, where most kinds do it again and repeat a cause. Default false. */
  readonly checksMetaOnce?: boolean;
  /** Create keeps the status that the client sent. Default false. */
  readonly keepsStatusOnCreate?: boolean;
  /** `/status` writes keep the stored labels; annotations are written. Default false. */
  readonly statusKeepsLabels?: boolean;
  /** Takes addresses and ports for a write, filling them in. Throws StatusError. */
  reserve?(object: T, old: Readonly<T> | undefined, context: StrategyContext): Promise<Reservation | undefined>;
  /** Gives back what a deleted object held. */
  afterDelete?(object: Readonly<T>, context: StrategyContext): Promise<void>;
  /** May refuse that an object is deleted (throws StatusError). */
  refuseDeletion?(object: Readonly<T>): void;
  /** Seconds an object may take to go away; 0 or undefined: it goes at once. */
  gracePeriod?(object: Readonly<T>, wantedSeconds: number | undefined): number;
  /** Changes an object whose deletion begins and waits (Namespaces: their phase). */
  prepareForDelete?(object: T): void;
  /** Says whether nothing but metadata.finalizers keeps an object marked for deletion. Default: true. */
  mayBeRemoved?(object: Readonly<T>): boolean;
}
