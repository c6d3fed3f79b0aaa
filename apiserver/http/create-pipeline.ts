import { OpenApiBuilder } from "../../api/openapi/documents.ts";
import { decodeProtobuf } from "../../api/protobuf/decode.ts";
import { ProtobufError } from "../../api/protobuf/wire.ts";
import type { SchemaModel } from "../../api/schema/schema-model.ts";
import { badRequest } from "../../api/status.ts";
import type { Clock } from "../../component-base/clock.ts";
import type { Logger } from "../../component-base/logger.ts";
import type { ServiceAccountTokens } from "../auth/service-account-tokens.ts";
import type { ApiserverConfig } from "../config.ts";
import { EtcdCluster } from "../etcd-admin/cluster.ts";
import { etcdAdminRoute } from "../etcd-admin/etcd-admin-route.ts";
import type { Recorder } from "../recorder/recorder.ts";
import { serveTrace, tracePath } from "../recorder/serve-trace.ts";
import type { Registry } from "../registry/store.ts";
import type { OpenStorage } from "../storage/open.ts";
import type { Authenticator } from "./authenticate.ts";
import type { Authorizer } from "./authorize.ts";
import { Discovery, requireGet } from "./discovery/discovery.ts";
import { sendValue } from "./encode/object.ts";
import type { EtcdRequestMetrics } from "./etcd-request-metrics.ts";
import { healthChecks } from "./health-checks.ts";
import { InFlight } from "./limit.ts";
import { Metrics } from "./metrics.ts";
import { negotiate } from "./negotiate.ts";
import type { ExtraRoute } from "./non-resource.ts";
import { OpenApi } from "./openapi.ts";
import { Pipeline } from "./pipeline.ts";
import { storageMetrics } from "./storage-metrics.ts";

/** Where the gateway is in its life. */
export interface LifeState {
  readonly started: boolean;
  readonly shuttingDown: boolean;
  /** Host and port, once known. */
  readonly address: string;
}

/** The pipeline with all that it serves. */
export function createPipeline(
  config: Pick<ApiserverConfig, "etcd" | "inFlight" | "minWatchSeconds">,
  deps: {
    clock: Clock;
    log: Logger;
    storage: OpenStorage;
    registry: Registry;
    recorder: Recorder;
    etcdRequests: EtcdRequestMetrics;
    tokens: ServiceAccountTokens;
    schemaModel: SchemaModel;
    authenticator: Authenticator;
    authorizer: Authorizer;
    state: LifeState;
  },
): Pipeline {
  const { clock, log, storage, registry, recorder, tokens, state, schemaModel } = deps;
  const inFlight = new InFlight(config.inFlight);
  const never = new AbortController().signal;
  return new Pipeline({
    ...deps,
    log,
    inFlight,
    metrics: new Metrics({
      sources: storageMetrics(storage, { recorder, kinds: registry.kinds(), etcdPrefix: config.etcd.prefix }),
      etcdRequests: deps.etcdRequests,
      inFlight,
      clock,
    }),
    observer: recorder,
    chunks: new WeakMap(),
    minWatchSeconds: config.minWatchSeconds,
    random: Math.random,
    decoder: { protobuf: (body) => protobufValue(body, schemaModel) },
    discovery: new Discovery({ kinds: () => registry.kinds(), serverAddress: () => state.address }),
    openApi: new OpenApi({ clock, documents: new OpenApiBuilder({ model: schemaModel, kinds: registry.kinds() }) }),
    checks: healthChecks({
      storageHealthy: () => storage.healthy(never),
      started: () => state.started,
      shuttingDown: () => state.shuttingDown,
    }),
    tokens: {
      configuration: () => ({
        issuer: tokens.issuer,
        jwks_uri: `https://${state.address}/openid/v1/jwks`,
        response_types_supported: ["id_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
      }),
      keys: () => tokens.jwks(),
    },
    extraRoutes: [
      traceRoute({ recorder, storage, registry, clock, etcdPrefix: config.etcd.prefix }),
      etcdRoute(config.etcd, { storage, clock }),
    ],
  });
}

function etcdRoute(
  { servers, memberServers = {}, prefix }: ApiserverConfig["etcd"],
  { storage, clock }: { storage: OpenStorage; clock: Clock },
): ExtraRoute {
  const cluster = new EtcdCluster({
    at: (endpoint) => storage.etcdAt(endpoint),
    servers,
    memberServers: new Map(Object.entries(memberServers)),
  });
  const currentRevision = () => storage.currentRevision();
  return etcdAdminRoute({ cluster, cached: storage.cached, currentRevision, etcdPrefix: prefix, clock });
}

/** @throws StatusError 400 */
function protobufValue(body: Buffer, model: SchemaModel): unknown {
  try {
    return decodeProtobuf(body, model).value;
  } catch (error) {
    if (error instanceof ProtobufError) throw badRequest(error.message);
    throw error;
  }
}

function traceRoute(deps: {
  recorder: Recorder;
  storage: OpenStorage;
  registry: Registry;
  clock: Clock;
  etcdPrefix: string;
}): ExtraRoute {
  const { recorder, storage, registry, clock, etcdPrefix } = deps;
  return {
    prefix: tracePath,
    serve(exchange) {
      requireGet(exchange);
      const { media } = negotiate(exchange.accept, "object");
      const kinds = () => registry.kinds();
      const trace = serveTrace({ recorder, cached: storage.cached, kinds, etcdPrefix, clock }, exchange.info.query);
      return sendValue(exchange, trace, { code: 200, media });
    },
  };
}
