import { ConnectionError } from "../../client/connection-error.ts";
import type { ClientConfig } from "../../client/kubeconfig.ts";
import { createTransport, type Transport } from "../../client/transport.ts";
import type { Clock } from "../../component-base/clock.ts";
import type { EtcdView, GatewayView, WriteView } from "./gateway-view.ts";

const namespace = "gatehouse-probe";
/** What the gateway is given to answer a write. */
const writeTimeoutMs = 3_000;
/** How long to wait for any answer: longer than the gateway needs to say that etcd does not. */
const answerTimeoutMs = 6_000;
const everyMs = 500;

/**
 * Writes through one gateway, again and again, and asks it for the state of etcd. A write is one Lease in a namespace of our
 * own. Nothing is tried twice: what users would be told is what is shown.
 */
export class GatewayProbe {
  readonly #name: string;
  readonly #transport: Transport;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #clock: Clock;
  #write: WriteView = { kind: "none" };
  #writingSinceMs: number | undefined;
  #etcd: EtcdView = { kind: "none" };

  constructor(name: string, config: ClientConfig, deps: { readonly clock: Clock }) {
    this.#name = name;
    this.#transport = createTransport(config, { connections: 4, callTimeoutMs: answerTimeoutMs });
    this.#headers = {
      accept: "application/json",
      "user-agent": "gatehouse-fault",
      ...(config.token !== undefined && { authorization: `Bearer ${config.token}` }),
    };
    this.#clock = deps.clock;
  }

  /** What is known now. */
  view(): GatewayView {
    const waitedMs = this.#writingSinceMs === undefined ? 0 : this.#clock.monotonicMs() - this.#writingSinceMs;
    const write: WriteView = waitedMs > 1_000 ? { kind: "waiting", sinceMs: waitedMs } : this.#write;
    return { name: this.#name, write, etcd: this.#etcd };
  }

  /** Goes on until aborted. */
  async run(options: { readonly signal: AbortSignal }): Promise<void> {
    await Promise.all([
      this.#repeat(async () => {
        this.#writingSinceMs = this.#clock.monotonicMs();
        this.#write = await this.#writeOnce(options.signal);
        this.#writingSinceMs = undefined;
      }, options),
      this.#repeat(async () => {
        this.#etcd = await this.#askEtcd(options.signal);
      }, options),
    ]);
    await this.#transport.close();
  }

  async #repeat(work: () => Promise<void>, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    while (!signal.aborted) {
      await work();
      await this.#clock.sleep(everyMs, { signal }).catch(() => undefined);
    }
  }

  async #writeOnce(signal: AbortSignal): Promise<WriteView> {
    const startedMs = this.#clock.monotonicMs();
    const time = `${new Date(this.#clock.now()).toISOString().slice(0, 23)}000Z`;
    const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
    const ask = (method: string, path: string, body: unknown, contentType?: string) =>
      this.#ask(method, `${path}?timeout=${writeTimeoutMs}ms`, signal, body, contentType);
    const renew = { spec: { renewTime: time } };
    let answer = await ask("PATCH", `${leases}/${this.#name}`, renew, "application/merge-patch+json");
    if (answer.code === 404) {
      // 409 where it is there already.
      await ask("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
      const spec = { holderIdentity: "gatehouse-fault", ...renew.spec };
      answer = await ask("POST", leases, { metadata: { name: this.#name }, spec });
    }
    if (answer.code === 200 || answer.code === 201) return { kind: "ok", ms: this.#clock.monotonicMs() - startedMs };
    return { kind: "refused", code: answer.code, message: answer.message };
  }

  async #askEtcd(signal: AbortSignal): Promise<EtcdView> {
    const { code, value, message } = await this.#ask("GET", "/gatehouse/v1/etcd/status", signal);
    if (code !== 200) return { kind: "unknown", message };
    const { cluster, members } = value as { cluster?: Record<string, unknown>; members?: unknown[] };
    return {
      kind: "known",
      leader: String(cluster?.["leader"] ?? ""),
      term: Number(cluster?.["raftTerm"] ?? 0),
      revision: String(cluster?.["revision"] ?? ""),
      reachable: Number(cluster?.["votersReachable"] ?? 0),
      voters: Number(cluster?.["voters"] ?? members?.length ?? 0),
    };
  }

  /** Code 0: no answer came. */
  async #ask(
    method: string,
    path: string,
    signal: AbortSignal,
    body?: unknown,
    contentType = "application/json",
  ): Promise<{ readonly code: number; readonly value: unknown; readonly message: string }> {
    try {
      const { statusCode: code, body: text } = await this.#transport.request({
        method,
        path,
        headers: { ...this.#headers, ...(body !== undefined && { "content-type": contentType }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal,
      });
      const value: unknown = JSON.parse(text.toString("utf8"));
      const message = (value as { message?: unknown }).message;
      return { code, value, message: typeof message === "string" ? message : "" };
    } catch (error) {
      return { code: 0, value: undefined, message: reasonOf(error) };
    }
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof ConnectionError)) return error instanceof Error ? error.message : String(error);
  if (error.code === "refused") return "it does not listen";
  return error.code === "timeout" ? `no answer within ${answerTimeoutMs / 1_000} s` : "the connection broke";
}
