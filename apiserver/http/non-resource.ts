import { pathNotFound } from "../../api/status.ts";
import type { Discovery } from "./discovery/discovery.ts";
import { requireGet } from "./discovery/discovery.ts";
import { respond } from "./encode/respond.ts";
import { sendNotFoundText } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import type { HealthCheck } from "./health.ts";
import { serveHealth } from "./health.ts";
import type { Metrics } from "./metrics.ts";
import type { OpenApi } from "./openapi.ts";
import { versionInfo } from "./version.ts";

/** The documents by which others check our ServiceAccount tokens. */
export interface TokenDiscovery {
  /** `/.well-known/openid-configuration` */
  configuration(): unknown;
  /** `/openid/v1/jwks` */
  keys(): Promise<unknown> | unknown;
}

/** A path that belongs to no API: the flight recorder, for one. Below `prefix` everything is its own. */
export interface ExtraRoute {
  /** `/gatehouse/trace` */
  readonly prefix: string;
  serve(exchange: Exchange): Promise<void>;
}

export interface NonResourceDeps {
  readonly discovery: Discovery;
  readonly openApi: OpenApi;
  readonly metrics: Metrics;
  readonly checks: readonly HealthCheck[];
  readonly tokens: TokenDiscovery;
  readonly extraRoutes: readonly ExtraRoute[];
}

/** Serves every path that names no resource. */
export async function serveNonResource(exchange: Exchange, deps: NonResourceDeps): Promise<void> {
  const { path } = exchange.info;
  const parts = path.split("/").filter((part, index, all) => index > 0 && (part !== "" || index < all.length - 1));
  switch (parts[0]) {
    case undefined:
      return servePaths(exchange, deps);
    case "api":
    case "apis":
      return deps.discovery.serve(exchange, parts);
    case "version":
      if (parts.length > 1) throw pathNotFound();
      requireGet(exchange);
      // Indented whoever asks, as people read it.
      return respond(exchange, {
        code: 200,
        contentType: "application/json",
        body: Buffer.from(JSON.stringify(versionInfo(), null, 2)),
      });
    case "livez":
    case "readyz":
    case "healthz":
      return serveHealth(exchange, deps.checks);
    case "metrics":
      if (parts.length > 1) break;
      requireGet(exchange);
      return respond(exchange, {
        code: 200,
        contentType: "text/plain; version=0.0.4; charset=utf-8",
        body: Buffer.from(deps.metrics.text()),
      });
    case "openapi":
      if (parts[1] === "v3") return deps.openApi.serveV3(exchange, parts.slice(2).join("/"));
      if (parts[1] === "v2" && parts.length === 2) return deps.openApi.serveV2(exchange);
      break;
    case ".well-known":
      if (path === "/.well-known/openid-configuration") {
        return sendKeys(exchange, deps.tokens.configuration(), "application/json");
      }
      break;
    case "openid":
      if (path === "/openid/v1/jwks") return sendKeys(exchange, await deps.tokens.keys(), "application/jwk-set+json");
      break;
  }
  const extra = deps.extraRoutes.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`));
  if (extra !== undefined) return extra.serve(exchange);
  sendNotFoundText(exchange);
}

function sendKeys(exchange: Exchange, value: unknown, contentType: string): Promise<void> {
  requireGet(exchange);
  const body = Buffer.from(JSON.stringify(value));
  const headers = ["Cache-Control", "public, max-age=3600"];
  return respond(exchange, { code: 200, contentType, body, headers });
}

/** `/`: the paths that are served. */
async function servePaths(exchange: Exchange, deps: NonResourceDeps): Promise<void> {
  requireGet(exchange);
  const paths = ["/.well-known/openid-configuration", "/api", "/apis", "/apis/"];
  for (const { name, versions } of deps.discovery.groups()) {
    const root = name === "" ? "/api" : `/apis/${name}`;
    if (name !== "") paths.push(root);
    for (const { version } of versions) paths.push(`${root}/${version}`);
  }
  for (const endpoint of ["healthz", "livez", "readyz"] as const) {
    paths.push(`/${endpoint}`);
    for (const { name, endpoints } of deps.checks) {
      if (endpoints === undefined || endpoints.includes(endpoint)) paths.push(`/${endpoint}/${name}`);
    }
  }
  paths.push("/metrics", "/openapi/v2", "/openapi/v3", "/openid/v1/jwks", "/version");
  for (const { prefix } of deps.extraRoutes) paths.push(prefix);
  // Indented whoever asks, as people read it.
  const body = Buffer.from(JSON.stringify({ paths: [...new Set(paths)].sort() }, null, 2));
  return respond(exchange, { code: 200, contentType: "application/json", body });
}
