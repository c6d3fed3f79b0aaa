import type { Socket } from "node:net";

/** Where a node's kubelet listens. */
export interface KubeletAddress {
  readonly host: string;
  readonly port: number;
}

/** What a kubelet says to a request that wants to leave HTTP. */
export type UpgradeAnswer =
  | {
      readonly kind: "upgraded";
      readonly socket: Socket;
      /** What came right behind the head of its answer. */
      readonly head: Buffer;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: "refused"; readonly status: number; readonly text: string };

/** Speaks to kubelets; the gateway is their only caller. */
export interface KubeletClient {
  /**
   * GET of a path at a kubelet. Ends when the signal does.
   * @returns the status and the body, not yet read
   * @throws when the kubelet cannot be reached
   */
  get(
    address: KubeletAddress,
    path: string,
    options: { signal: AbortSignal },
  ): Promise<{ readonly status: number; readonly body: AsyncIterable<Uint8Array> }>;
  /**
   * GET of a path with headers that ask for another protocol. The signal holds until there is an answer.
   * @throws when the kubelet cannot be reached
   */
  upgrade(
    address: KubeletAddress,
    path: string,
    options: { headers: Readonly<Record<string, string>>; signal: AbortSignal },
  ): Promise<UpgradeAnswer>;
}
