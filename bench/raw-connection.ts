import { connect, type TLSSocket } from "node:tls";
import type { ClientConfig } from "../client/kubeconfig.ts";

export interface RawAnswer {
  readonly statusCode: number;
  readonly body: Buffer;
}

const headEnd = Buffer.from("\r\n\r\n");
const lastChunk = Buffer.from("\r\n0\r\n\r\n");

/**
 * One kept-alive HTTP/1.1 connection with one request in flight: the cheapest way to ask, since the load generator shares the
 * machine with the server it measures. Understands Content-Length and chunked bodies, and nothing else.
 */
export class RawConnection {
  readonly #socket: TLSSocket;
  readonly #host: string;
  /** Of the answer that is coming in; joined only when it is whole, for some are 20 MB. */
  #chunks: Buffer[] = [];
  #size = 0;
  #expected: number | undefined;
  #pending: { resolve: (answer: RawAnswer) => void; reject: (error: Error) => void } | undefined;

  private constructor(socket: TLSSocket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.on("data", (chunk) => this.#onData(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the server closed the connection")));
  }

  static open(config: ClientConfig): Promise<RawConnection> {
    const { hostname, port, host } = new URL(config.server);
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: hostname,
        port: Number(port),
        ...(config.ca !== undefined && { ca: config.ca }),
        ...(config.cert !== undefined && { cert: config.cert }),
        ...(config.key !== undefined && { key: config.key }),
        ALPNProtocols: ["http/1.1"],
      });
      socket.once("secureConnect", () => resolve(new RawConnection(socket.setNoDelay(true), host)));
      socket.once("error", reject);
    });
  }

  request(method: string, path: string, options: { body?: string; contentType?: string } = {}): Promise<RawAnswer> {
    const { body, contentType = "application/json" } = options;
    const head = `${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nAccept: application/json\r\nUser-Agent: gatehouse-bench/0.1\r\n`;
    const rest =
      body === undefined
        ? "\r\n"
        : `Content-Type: ${contentType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#socket.write(head + rest);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #fail(error: Error): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(error);
  }

  #onData(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    this.#expected ??= expectedSize(Buffer.concat(this.#chunks.slice(0, 2)));
    const whole = this.#expected === undefined ? endsChunked(this.#chunks) : this.#size >= this.#expected;
    if (!whole) return;
    const answer = parseAnswer(this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks));
    this.#chunks = [];
    this.#size = 0;
    this.#expected = undefined;
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.resolve(answer);
  }
}

const contentLength = /\r\ncontent-length: *(\d+)/i;

/** Bytes of an answer with Content-Length; undefined for a chunked one, or while its head is not there. */
function expectedSize(bytes: Buffer): number | undefined {
  const end = bytes.indexOf(headEnd);
  const length = end < 0 ? undefined : contentLength.exec(bytes.toString("latin1", 0, end))?.[1];
  return length === undefined ? undefined : end + headEnd.length + Number(length);
}

function endsChunked(chunks: readonly Buffer[]): boolean {
  return Buffer.concat(chunks.slice(-2)).subarray(-7).equals(lastChunk);
}

function parseAnswer(bytes: Buffer): RawAnswer {
  const end = bytes.indexOf(headEnd);
  const head = bytes.toString("latin1", 0, end);
  const body = bytes.subarray(end + headEnd.length);
  return { statusCode: Number(head.slice(9, 12)), body: contentLength.test(head) ? body : unchunk(body) };
}

function unchunk(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
