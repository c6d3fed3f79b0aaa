import type { Node } from "../../../api/generated/types.ts";
import { failure } from "../../../api/status.ts";
import type { RequestContext } from "../../http/request-context.ts";
import { StorageError } from "../../storage/storage.ts";
import type { RegistryDeps } from "../registry-deps.ts";
import type { KubeletAddress } from "./kubelet-client.ts";

/**
 * Where the kubelet of a node listens.
 * @throws StatusError 502 when the node does not say, or does not exist
 */
export async function kubeletAddress(
  deps: RegistryDeps,
  ctx: RequestContext,
  nodeName: string,
): Promise<KubeletAddress> {
  try {
    const key = `${deps.etcdPrefix}/minions/${nodeName}`;
    const node = (await deps.storage.get(key, { version: { kind: "any" }, signal: ctx.signal }))
      .object as Readonly<Node>;
    const addresses = node.status?.addresses ?? [];
    const host = (addresses.find(({ type }) => type === "InternalIP") ?? addresses[0])?.address;
    const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port;
    if (host !== undefined && port !== undefined && port > 0) return { host, port };
    throw unreachable(
      `no preferred addresses found; known addresses: [${addresses.map(({ address }) => address).join(" ")}]`,
    );
  } catch (error) {
    if (error instanceof StorageError && error.code === "NotFound")
      throw unreachable(`nodes ${JSON.stringify(nodeName)} not found`);
    throw error;
  }
}

/** The kubelet cannot be asked. */
export const unreachable = (message: string, cause?: unknown) =>
  failure({ code: 502, reason: "InternalError", message, cause });
