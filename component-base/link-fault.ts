/** What a relayed link does to the bytes that pass it. */
export type LinkFault =
  | { readonly kind: "pass" }
  /** Open connections are reset, new ones too. */
  | { readonly kind: "refuse" }
  /**
   * Connections stay open and new ones are accepted, but bytes wait, as when packets are lost: they arrive when the fault is
   * over. `towards`: only bytes on the way there, default both.
   */
  | { readonly kind: "stall"; readonly towards?: "target" | "caller" }
  /** Bytes arrive late, in order, in both directions: after `delayMs`, more or less by up to `jitterMs`. */
  | { readonly kind: "delay"; readonly delayMs: number; readonly jitterMs: number };

export const pass: LinkFault = { kind: "pass" };

/** What the fault means for one direction. */
export function isStalled(fault: LinkFault, towards: "target" | "caller"): boolean {
  return fault.kind === "stall" && (fault.towards === undefined || fault.towards === towards);
}
