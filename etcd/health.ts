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
  for (;;) {
    options.signal.throwIfAborted();
    if (await isHealthy(metricsUrl, options)) return;
    await deps.clock.sleep(5, options);
  }
}

function isHealthy(metricsUrl: string, options: { readonly signal: AbortSignal }): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(`${metricsUrl}/health`, { signal: options.signal, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.once("error", () => resolve(false));
      response.once("end", () => resolve(response.statusCode === 200 && body.includes('"health":"true"')));
    });
    request.once("error", () => resolve(false));
  });
}
