import { get } from "node:http";
import type { Clock } from "../component-base/clock.ts";

/**
 * Waits until a member says it is healthy: it has a leader and can answer a linearizable read. It is asked on its metrics
 * address, which is no client connection and cannot read a key.
 *
 * @throws signal.reason when aborted first
 */
export async function waitUntilHealthy(
  metricsUrl: string,
  deps: { readonly clock: Clock },
  options: { readonly signal: AbortSignal },
): Promise<void> {
  // A member alone is ready within milliseconds; several take an election, and log every question that comes too early.
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 1.1, 100)) {
    options.signal.throwIfAborted();
    if (await isHealthy(metricsUrl, options)) return;
    await deps.clock.sleep(pauseMs, options);
  }
}

async function isHealthy(metricsUrl: string, options: { readonly signal: AbortSignal }): Promise<boolean> {
  return (await read(`${metricsUrl}/health`, options)).includes('"health":"true"');
}

/** Whether this member leads, as its metrics say; one that does not answer leads nobody. */
export async function isLeader(metricsUrl: string, options: { readonly signal: AbortSignal }): Promise<boolean> {
  return /^etcd_server_is_leader 1$/m.test(await read(`${metricsUrl}/metrics`, options));
}

/** The body of an answer 200; empty for any other and for none. */
function read(url: string, options: { readonly signal: AbortSignal }): Promise<string> {
  return new Promise((resolve) => {
    const request = get(url, { signal: options.signal, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.once("error", () => resolve(""));
      response.once("end", () => resolve(response.statusCode === 200 ? body : ""));
    });
    request.once("error", () => resolve(""));
  });
}
