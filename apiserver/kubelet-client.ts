import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
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
    upgrade: ({ host, port }, path, { headers, signal }) =>
      new Promise((resolve, reject) => {
        const call = request({ agent, host, port, path, method: "GET", headers, signal });
        call.once("upgrade", (response, socket, head) => {
          resolve({ kind: "upgraded", socket, head, headers: textHeaders(response.headers) });
        });
        call.once("response", (response) => {
          firstText(response).then(
            (text) => resolve({ kind: "refused", status: response.statusCode ?? 502, text }),
            reject,
          );
        });
        call.once("error", reject);
        call.end();
      }),
    close: () => agent.destroy(),
  };
}

const maxRefusalBytes = 4096;

/** What a kubelet says in words; the rest of a long one is dropped. */
async function firstText(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    text += chunk;
    if (text.length > maxRefusalBytes) break;
  }
  return text.slice(0, maxRefusalBytes).trim();
}

function textHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
