import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { fastify } from "fastify";
import type { Clock } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
import { maxHeaderBytes, refuseMalformed } from "./malformed-requests.ts";
import { serveUpgrades, type UpgradeHandler } from "./upgrade-requests.ts";

export interface ServerConfig {
  readonly bindAddress: string;
  /** 0: any free one. */
  readonly port: number;
  /** PEM. */
  readonly certificate: string;
  readonly privateKey: string;
  /** PEM of the authority whose client certificates are believed; empty: none are. */
  readonly clientCa: string;
}

/** What the server hands requests to. */
export interface RequestHandler extends UpgradeHandler {
  /** Ends what is being served. */
  drain(graceMs: number): Promise<void>;
  /** Whether an answer has begun on this connection and not ended. */
  isAnswering(socket: Socket): boolean;
}

export interface ListeningServer {
  readonly port: number;
  /** No new connections, watches ended, the rest finished; resolves when the port is free. */
  stop(): Promise<void>;
}

/** In-flight requests get this long to finish: less than the launcher waits for a process that it has told to end. */
const drainMs = 1000;

/**
 * The TLS port. Fastify accepts and routes; every request then leaves its life cycle at once, because bodies are read,
 * decoded and limited by the pipeline, which knows the media types and errors of Kubernetes.
 */
export async function startServer(
  config: ServerConfig,
  deps: { handler: RequestHandler; clock: Clock; log: Logger },
): Promise<ListeningServer> {
  const { handler } = deps;
  const app = fastify({
    https: {
      cert: config.certificate,
      key: config.privateKey,
      ...(config.clientCa !== "" && { ca: config.clientCa }),
      requestCert: true,
      // Whoever has no certificate may have a token; the authenticator judges both.
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
      ALPNProtocols: ["http/1.1"],
      maxHeaderSize: maxHeaderBytes,
    },
    clientErrorHandler: (error, socket) => refuseMalformed(error, socket, (which) => handler.isAnswering(which)),
    // Longer than clients keep idle connections, so that it is they who close them.
    keepAliveTimeout: 120_000,
    forceCloseConnections: true,
    return503OnClosing: false,
    routerOptions: { onBadUrl: (_path, request, response) => handler.handle(request, response) },
    exposeHeadRoutes: false,
  });
  app.addHook("onRequest", (request, reply) => {
    reply.hijack();
    handler.handle(request.raw, reply.raw);
  });
  const never = () => undefined;
  app.all("/*", never);
  app.setNotFoundHandler(never);
  app.addHook("preClose", () => handler.drain(drainMs));
  app.server.on("secureConnection", (socket: TLSSocket) => {
    // Node ends an answer with an empty write beside the real one, and writes the two as a vector, which TLS takes a fifth
    // of a GET's time to join. Without the vector they are written one by one, and the empty one costs nothing.
    Object.defineProperty(socket, "_writev", { value: null });
  });
  // They are limited by their size. Beyond a number Node would leave them out, and with them who is to be impersonated.
  app.server.maxHeadersCount = 0;
  serveUpgrades(app.server, handler);
  await app.listen({ host: config.bindAddress, port: config.port });
  const address = app.server.address() as AddressInfo;
  let stopping: Promise<void> | undefined;
  return {
    port: address.port,
    stop: () => (stopping ??= app.close()),
  };
}
