import { Agent, request } from "node:https";
import type { TlsIdentity } from "./config.ts";
import type { KubeletClient } from "./registry/subresources/kubelet-client.ts";

export interface ClosableKubeletClient extends KubeletClient {
  close(): void;
}

/** Speaks HTTPS with kubelets, as the user that their certificate authority vouches for. */
export function createKubeletClient(identity: TlsIdentity): ClosableKubeletClient {
  const { ca, certificate, privateKey } = identity;
  const agent = new Agent({
    keepAlive: true,
    ca,
    cert: certificate,
    key: privateKey,
    // Nodes are addressed as they report themselves, and many share one address: the authority is what counts.
    checkServerIdentity: () => undefined,
  });
  return {
    get: ({ host, port }, path, { signal }) =>
      new Promise((resolve, reject) => {
        const call = request({ agent, host, port, path, method: "GET", signal }, (response) =>
          resolve({ status: response.statusCode ?? 502, body: response }),
        );
        call.once("error", reject);
        call.end();
      }),
    close: () => agent.destroy(),
  };
}
