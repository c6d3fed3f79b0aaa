import type { Clock } from "../../../component-base/clock.ts";
import type { LivePlane } from "../live-plane.ts";

/** What an operation works with. */
export interface OperationContext {
  readonly plane: LivePlane;
  readonly clock: Clock;
  /** Tells whoever asked, while it goes on: one line. */
  readonly say: (line: string) => void;
  /** Aborted when the plane stops; when whoever asked has gone too, unless the operation runs alone. */
  readonly signal: AbortSignal;
}

/** Something that only the launcher can do, because it owns the processes and the files. */
export interface Operation {
  /** `etcd-replace`, `fault`. */
  readonly name: string;
  /**
   * `alone`: one at a time, because two that change who runs would step on each other's feet; who comes second is refused.
   * Default: any number beside each other.
   */
  readonly runs?: "alone";
  /**
   * @param input - JSON that somebody sent: to be validated
   * @returns JSON for whoever asked
   * @throws UserError with a sentence for them
   */
  run(input: unknown, context: OperationContext): Promise<unknown>;
}

/** What the launcher sends, a line of JSON each; the last is a result or an error. */
export type ControlMessage =
  | { readonly say: string }
  | { readonly result: unknown }
  | { readonly error: { readonly message: string; readonly forUsers: boolean } };
