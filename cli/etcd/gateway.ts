import { failure, type Status, StatusError } from "../../api/status.ts";
import { ConnectionError } from "../../client/connection-error.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { type ClientConfig, loadKubeconfig } from "../../client/kubeconfig.ts";
import type { RestClient } from "../../client/rest-client.ts";
import { createTransport, type HttpStream, type Transport } from "../../client/transport.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { UserError } from "../user-error.ts";

const root = "/gatehouse/v1/etcd";
const userAgent = "gatehouse-etcd";

/** What the gateway serves below `/gatehouse/v1/etcd`. */
export class EtcdGateway {
  readonly #config: ClientConfig;
  readonly #transport: Transport;
  readonly #client: RestClient;
  readonly #signal: AbortSignal;

  /**
   * @param options.callTimeoutMs - 0: none
   * @param options.server - a certain gateway, instead of the one that the kubeconfig names
   * @param options.signal - gives every call up
   */
  constructor(
    kubeconfig: string,
    options: { readonly callTimeoutMs: number; readonly server?: string; readonly signal?: AbortSignal },
  ) {
    const { callTimeoutMs, server, signal = new AbortController().signal } = options;
    this.#config = { ...loadKubeconfig(kubeconfig), ...(server !== undefined && { server }) };
    this.#signal = signal;
    this.#transport = createTransport(this.#config, { connections: 1, callTimeoutMs });
    const deps = { clock: realClock, log: silentLogger, transport: this.#transport };
    this.#client = createRestClient({ ...this.#config, userAgent }, deps);
  }

  /** @param path - below the root, query included @throws StatusError, ConnectionError */
  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    return (await this.#client.raw(method, `${root}/${path}`, {
      signal: this.#signal,
      ...(body !== undefined && { body }),
    })) as T;
  }

  /** @throws StatusError, ConnectionError */
  async stream(path: string, { signal }: { signal: AbortSignal }): Promise<HttpStream> {
    const { token } = this.#config;
    const headers = {
      accept: "*/*",
      "user-agent": userAgent,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const stream = await this.#transport.stream({ method: "GET", path: `${root}/${path}`, headers, signal });
    if (stream.statusCode >= 400) throw await refusal(stream);
    return stream;
  }

  async close(): Promise<void> {
    await this.#client.close();
    await this.#transport.close();
  }
}

/**
 * Opens a connection for one command, and closes it afterwards.
 * @param options.callTimeoutMs - how long one answer may take; default a minute, 0: as long as it likes
 * @throws UserError when nothing listens there
 */
export async function withGateway<T>(
  kubeconfig: string,
  use: (gateway: EtcdGateway) => Promise<T>,
  options: { readonly callTimeoutMs?: number } = {},
): Promise<T> {
  const gateway = new EtcdGateway(kubeconfig, { callTimeoutMs: options.callTimeoutMs ?? 60_000 });
  try {
    return await use(gateway);
  } catch (error) {
    if (!(error instanceof ConnectionError) || error.code !== "refused") throw error;
    const { server } = loadKubeconfig(kubeconfig);
    throw new UserError(`nothing answers at ${server}: is the control plane running?`, { cause: error });
  } finally {
    await gateway.close();
  }
}

async function refusal({ statusCode, body }: HttpStream): Promise<StatusError> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  try {
    const status = JSON.parse(text) as Status;
    if (status.kind === "Status") return new StatusError(status);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return failure({
    code: statusCode,
    reason: "",
    message: `the server answered ${statusCode}: ${text.slice(0, 1024)}`,
  });
}
