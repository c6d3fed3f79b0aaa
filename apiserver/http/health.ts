import { sendNotFoundText, sendText } from "./errors.ts";
import type { Exchange } from "./exchange.ts";

export type HealthEndpoint = "livez" | "readyz" | "healthz";

export interface HealthCheck {
  readonly name: string;
  /** Default: all three. */
  readonly endpoints?: readonly HealthEndpoint[];
  /** Rejects or throws with the reason that something is not well. */
  check(): Promise<void> | void;
}

interface Result {
  readonly name: string;
  readonly state: "ok" | "failed" | "excluded";
  readonly reason: string;
}

/**
 * Serves `/livez`, `/readyz`, `/healthz` and their single checks.
 * @see https://github.com/kubernetes/apiserver/blob/v0.36.0/pkg/server/healthz/healthz.go
 */
export async function serveHealth(exchange: Exchange, checks: readonly HealthCheck[]): Promise<void> {
  const [, endpoint = "", ...rest] = exchange.info.path.split("/");
  const mine = checks.filter(({ endpoints }) => endpoints === undefined || endpoints.some((one) => one === endpoint));
  if (rest.length > 0) return serveOne(exchange, mine, rest.join("/"));
  const { query } = exchange.info;
  const excluded = new Set(query.getAll("exclude"));
  const results = await Promise.all(mine.map((check) => run(check, excluded.has(check.name))));
  const failed = results.some(({ state }) => state === "failed");
  if (!failed && !query.has("verbose")) {
    sendText(exchange, 200, "ok");
    return;
  }
  const lines = results.map(describe);
  const unknown = [...excluded].filter((name) => !mine.some((check) => check.name === name));
  if (unknown.length > 0) {
    const names = unknown.map((name) => JSON.stringify(name)).join(", ");
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
  }
  lines.push(`${endpoint} check ${failed ? "failed" : "passed"}`);
  sendText(exchange, failed ? 500 : 200, `${lines.join("\n")}\n`);
}

async function serveOne(exchange: Exchange, checks: readonly HealthCheck[], name: string): Promise<void> {
  const check = checks.find((candidate) => candidate.name === name);
  if (check === undefined) {
    sendNotFoundText(exchange);
    return;
  }
  const { state, reason } = await run(check, false);
  if (state === "ok") sendText(exchange, 200, "ok");
  else sendText(exchange, 500, `internal server error: ${reason}\n`);
}

async function run(check: HealthCheck, excluded: boolean): Promise<Result> {
  if (excluded) return { name: check.name, state: "excluded", reason: "" };
  try {
    await check.check();
    return { name: check.name, state: "ok", reason: "" };
  } catch (error) {
    return { name: check.name, state: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}

function describe({ name, state }: Result): string {
  if (state === "failed") return `[-]${name} failed: reason withheld`;
  return state === "excluded" ? `[+]${name} excluded: ok` : `[+]${name} ok`;
}
