/** Whether removing other Pods could help: `Unschedulable` says it may, the other that it cannot. */
export type RejectionCode = "Unschedulable" | "UnschedulableAndUnresolvable";

/** Why a plugin turned a node, or the Pod as a whole, down. Plugins reuse these objects. */
export interface Rejection {
  readonly plugin: string;
  readonly code: RejectionCode;
  readonly reasons: readonly string[];
}

/** A rejection to be made once and handed out many times. */
export function rejection(plugin: string, code: RejectionCode, ...reasons: readonly string[]): Rejection {
  return Object.freeze({ plugin, code, reasons });
}
