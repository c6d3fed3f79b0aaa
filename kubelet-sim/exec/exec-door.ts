import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../../component-base/clock.ts";
import type { Logger } from "../../component-base/logger.ts";
import { protocols } from "./channels.ts";
import { type ExecTarget, execRequest, runExec } from "./exec-session.ts";

/** A container as a path of the kubelet's API names it. */
export interface ContainerPath {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

export interface ExecDoorDeps {
  /** undefined: there is no such Pod. */
  readonly find: (path: ContainerPath) => ExecTarget | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Refused {
  readonly kind: "refused";
  readonly status: string;
  readonly text: string;
}

const maxMessageBytes = 1024 * 1024;

/** Where a kubelet lets programs be run: WebSockets on `/exec/{namespace}/{pod}/{container}`. */
export class ExecDoor {
  readonly #deps: ExecDoorDeps;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
  });

  constructor(deps: ExecDoorDeps) {
    this.#deps = deps;
  }

  /** Serves a request to upgrade; answers it plainly if it cannot be. Whoever calls has authenticated the caller. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = URL.canParse(request.url ?? "/", "http://kubelet")
      ? new URL(request.url ?? "/", "http://kubelet")
      : new URL("http://kubelet");
    const target = this.#targetOf(url, request.headers["sec-websocket-protocol"] ?? "");
    if (target.kind === "refused") {
      refuse(socket, target.status, target.text);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (opened: WebSocket) => {
      const { clock, log } = this.#deps;
      const running = runExec(opened, execRequest(url.searchParams), target, { clock, log, signal: this.#stop.signal });
      this.#running.add(running);
      running.finally(() => this.#running.delete(running));
    });
  }

  #targetOf(url: URL, offered: string): ExecTarget | Refused {
    const path = execPath(url.pathname);
    if (path === undefined) return { kind: "refused", status: "404 Not Found", text: "404 page not found" };
    const names = offered.split(",").map((name) => name.trim());
    if (!protocols.some((protocol) => names.includes(protocol))) {
      const text = `one of these subprotocols is needed: ${protocols.join(", ")}`;
      return { kind: "refused", status: "400 Bad Request", text };
    }
    const missing = { kind: "refused", status: "404 Not Found", text: `pod "${path.pod}" does not exist` } as const;
    return this.#deps.find(path) ?? missing;
  }

  /** Ends what runs; resolves when all of it has ended. */
  async close(): Promise<void> {
    this.#stop.abort(new Error("the kubelet server is closing"));
    await Promise.allSettled(this.#running);
    this.#server.close();
  }
}

function execPath(pathname: string): ContainerPath | undefined {
  const [, endpoint, namespace, pod, container, more] = pathname.split("/");
  if (endpoint !== "exec" || namespace === undefined || pod === undefined || !container || more !== undefined) {
    return undefined;
  }
  try {
    return {
      namespace: decodeURIComponent(namespace),
      pod: decodeURIComponent(pod),
      container: decodeURIComponent(container),
    };
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** The answer to a request that stays one. */
export function refuse(socket: Duplex, status: string, text: string): void {
  const body = `${text}\n`;
  socket.on("error", () => undefined);
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
