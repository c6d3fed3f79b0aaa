import { loadKubeconfig } from "../client/kubeconfig.ts";
import { createTransport, type HttpResponse, type Transport } from "../client/transport.ts";
import { type CpuProbe, cpuProbe } from "./cpu.ts";

/** An API server under measurement, whoever made it. */
export interface Target {
  /** How the table calls it: `ours`, `peer`, or the file. */
  readonly label: string;
  readonly kubeconfig: string;
  readonly server: string;
  readonly transport: Transport;
  /** CPU of the server's process, where it runs on this machine. */
  readonly cpu: CpuProbe;
  request(method: string, path: string, options?: RequestOptions): Promise<HttpResponse>;
  close(): Promise<void>;
}

export interface RequestOptions {
  readonly body?: string;
  readonly contentType?: string;
  /** Answers other than these are errors. Default: any 2xx. */
  readonly accept?: readonly number[];
}

export const userAgent = "gatehouse-bench/0.1";

export function openTarget(label: string, kubeconfig: string, options: { connections?: number } = {}): Target {
  const config = loadKubeconfig(kubeconfig);
  const transport = createTransport(config, { connections: options.connections ?? 64, callTimeoutMs: 60_000 });
  const signal = new AbortController().signal;
  return {
    label,
    kubeconfig,
    server: config.server,
    transport,
    cpu: cpuProbe(Number(new URL(config.server).port)),
    close: () => transport.close(),
    async request(method, path, { body, contentType = "application/json", accept } = {}) {
      const headers = {
        accept: "application/json",
        "user-agent": userAgent,
        ...(body !== undefined && { "content-type": contentType }),
      };
      const answer = await transport.request({ method, path, headers, signal, ...(body !== undefined && { body }) });
      const good = accept === undefined ? answer.statusCode < 300 : accept.includes(answer.statusCode);
      if (!good) {
        throw new Error(`${method} ${path}: ${answer.statusCode} ${answer.body.toString("utf8", 0, 300)}`);
      }
      return answer;
    },
  };
}
