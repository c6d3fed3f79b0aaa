/** Where a node's kubelet listens. */
export interface KubeletAddress {
  readonly host: string;
  readonly port: number;
}

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
}
