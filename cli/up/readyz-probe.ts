import { Agent, request } from "node:https";
import type { Clock } from "../../component-base/clock.ts";
import { errorCode } from "../../component-base/secret-file.ts";

/** What a gateway said when it was asked whether it is ready. */
export type Readiness =
  | "ready"
  /** It answers, but says that it is not, or does not know yet: for one, because etcd has no majority. */
  | "not-ready"
  /** Nobody listens: it has ended, or does not listen yet. */
  | "refused"
  /** No answer in time, or a broken one: it hangs or is paused. */
  | "silent";

/** Asks one gateway, over one connection that stays open. */
export class ReadyzProbe {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #agent: Agent;
  readonly #deps: { readonly clock: Clock };

  /** @param options.ca - PEM of the cluster's authority */
  constructor(
    options: { readonly host: string; readonly port: number; readonly ca: string },
    deps: { readonly clock: Clock },
  ) {
    this.#target = { host: options.host, port: options.port };
    this.#agent = new Agent({ ca: options.ca, keepAlive: true, maxSockets: 1 });
    this.#deps = deps;
  }

  /** @param options.timeoutMs - for the answer, and as long again to find out whether it answers at all */
  async ask(options: { readonly timeoutMs: number }): Promise<Readiness> {
    const readiness = await this.#get("/readyz", options);
    if (readiness !== "silent") return readiness;
    const alive = await this.#get("/livez/ping", options);
    return alive === "ready" ? "not-ready" : alive;
  }

  #get(path: string, options: { readonly timeoutMs: number }): Promise<Readiness> {
    return new Promise((resolve) => {
      const probe = request({ ...this.#target, path, agent: this.#agent }, (response) => {
        response.resume();
        response.once("error", () => settle("silent"));
        response.once("end", () => settle(response.statusCode === 200 ? "ready" : "not-ready"));
      });
      const timer = this.#deps.clock.setTimer(options.timeoutMs, () => settle("silent"));
      const settle = (readiness: Readiness) => {
        timer.cancel();
        if (readiness === "silent") probe.destroy();
        resolve(readiness);
      };
      probe.once("error", (error) => settle(errorCode(error) === "ECONNREFUSED" ? "refused" : "silent"));
      probe.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
