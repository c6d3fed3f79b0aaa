import type { Kind } from "../api/kind.ts";
import type { ApiObject } from "../api/meta.ts";

export interface EventContent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** Tells users, best effort and without waiting, what happened to an object. */
export interface EventSink {
  event<T extends ApiObject>(kind: Kind<T>, object: Readonly<T>, content: EventContent): void;
}
