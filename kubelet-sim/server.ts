import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Pod } from "../api/generated/types.ts";
import type { Clock } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
import type { ServerFiles } from "./config.ts";
import type { LogAnswer } from "./container-logs.ts";
import { type ContainerPath, ExecDoor, refuse } from "./exec/exec-door.ts";
import type { ExecTarget } from "./exec/exec-session.ts";

export interface KubeletServerOptions {
  readonly address: string;
  /** 0: a free one. */
  readonly port: number;
  readonly tls: ServerFiles | undefined;
}

export interface KubeletServerDeps {
  readonly findPod: (namespace: string, name: string) => Pod | undefined;
  /** What a container of a Pod has written. */
  readonly logOf: (pod: Pod, container: string, parameters: URLSearchParams) => LogAnswer;
  /** Where programs are run that somebody wants to be run in it. */
  readonly execIn: (pod: Pod, container: string) => ExecTarget;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface KubeletServer {
  readonly port: number;
  close(): Promise<void>;
}

const defaultNames: readonly string[] = ["kube-apiserver-kubelet-client"];

/**
 * The kubelets' own API, one listener for all nodes: `/containerLogs/{namespace}/{pod}/{container}`,
 * `/exec/{namespace}/{pod}/{container}` (WebSocket) and `/healthz`. Over TLS it answers only to those whose certificate names
 * a caller that is allowed.
 */
export async function startKubeletServer(
  options: KubeletServerOptions,
  deps: KubeletServerDeps,
): Promise<KubeletServer> {
  const { tls } = options;
  const stop = new AbortController();
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    if (tls !== undefined && !isAllowed(request.socket as TLSSocket, tls.allowedNames ?? defaultNames)) {
      respond(response, 403, "Forbidden");
      return;
    }
    route(request, response, deps, stop.signal).catch((err: unknown) => {
      if (!stop.signal.aborted && !response.destroyed)
        deps.log.warn({ err, path: request.url }, "a log request failed");
      response.destroy();
    });
  };
  const findExec = (path: ContainerPath) => {
    const pod = deps.findPod(path.namespace, path.pod);
    return pod === undefined ? undefined : deps.execIn(pod, path.container);
  };
  const exec = new ExecDoor({ find: findExec, clock: deps.clock, log: deps.log });
  const server =
    tls === undefined
      ? createHttpServer(handle)
      : createHttpsServer(
          {
            cert: readFileSync(tls.certFile),
            key: readFileSync(tls.keyFile),
            ca: readFileSync(tls.clientCaFile),
            requestCert: true,
            rejectUnauthorized: true,
          },
          handle,
        );
  server.on("upgrade", (request, socket, head) => {
    if (tls === undefined || isAllowed(request.socket as TLSSocket, tls.allowedNames ?? defaultNames)) {
      exec.upgrade(request, socket, head);
    } else refuse(socket, "403 Forbidden", "Forbidden");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.address, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        stop.abort(new Error("the kubelet server is closing"));
        const ended = exec.close();
        server.close(() => ended.then(resolve));
        server.closeAllConnections();
      }),
  };
}

function isAllowed(socket: TLSSocket, names: readonly string[]): boolean {
  const subject: { CN?: string | string[] } | undefined = socket.getPeerCertificate().subject;
  const name = subject?.CN;
  return typeof name === "string" && names.includes(name);
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  deps: KubeletServerDeps,
  shutdown: AbortSignal,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://kubelet");
  if (request.method !== "GET") return respond(response, 405, "Method Not Allowed");
  if (url.pathname === "/healthz") return respond(response, 200, "ok");
  const [, endpoint, namespace, podName, container, more] = url.pathname.split("/").map(decodeURIComponent);
  if (endpoint !== "containerLogs" || container === undefined || more !== undefined) {
    return respond(response, 404, "404 page not found");
  }
  const pod = deps.findPod(namespace ?? "", podName ?? "");
  if (pod === undefined) return respond(response, 404, `pod "${podName}" does not exist`);
  const answer = deps.logOf(pod, container, url.searchParams);
  if (answer.kind === "refused") return respond(response, answer.statusCode, answer.message);
  const gone = new AbortController();
  response.once("close", () => gone.abort(new Error("the reader has left")));
  await send(response, answer, AbortSignal.any([gone.signal, shutdown]));
}

async function send(
  response: ServerResponse,
  answer: Extract<LogAnswer, { kind: "lines" }>,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, { "content-type": "text/plain" });
  response.flushHeaders();
  for await (const piece of answer.pieces({ signal })) {
    if (response.write(piece)) continue;
    await new Promise<void>((resolve) => {
      const done = () => resolve();
      response.once("drain", done);
      signal.addEventListener("abort", done, { once: true });
    });
    if (signal.aborted) break;
  }
  response.end();
}

function respond(response: ServerResponse, statusCode: number, text: string): void {
  response.writeHead(statusCode, { "content-type": "text/plain; charset=utf-8" });
  response.end(`${text}\n`);
}
