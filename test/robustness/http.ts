import { Agent, request } from "node:https";
import type { KeyPair } from "../../component-base/certificates.ts";

/** What came of a request. `sent`: false if it certainly never left this process. */
export type Reply =
  | { readonly kind: "answer"; readonly code: number; readonly body: unknown }
  | { readonly kind: "failure"; readonly sent: boolean; readonly message: string };

export interface Ask {
  readonly method: string;
  readonly port: number;
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  /** The client gives up then. */
  readonly timeoutMs: number;
}

/** A stream of JSON lines; the iteration ends when the connection does, in whichever way. */
export type Lines = AsyncGenerator<unknown, void>;

/** The test's own HTTP client: it repeats nothing, and knows whether a request was ever sent. */
export class HttpClient {
  readonly #agents = new Map<number, Agent>();
  readonly #tls: { readonly ca: string; readonly cert: string; readonly key: string };

  constructor(credentials: { readonly ca: string; readonly pair: KeyPair }) {
    this.#tls = { ca: credentials.ca, cert: credentials.pair.cert, key: credentials.pair.key };
  }

  ask({ method, port, path, body, contentType = "application/json", timeoutMs }: Ask): Promise<Reply> {
    return new Promise((resolve) => {
      const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      const headers = { ...(bytes && { "Content-Type": contentType, "Content-Length": bytes.length }) };
      let sent = false;
      const signal = AbortSignal.timeout(timeoutMs);
      const options = { host: "127.0.0.1", port, path, method, headers, agent: this.#agent(port), signal };
      const fail = (error: Error) => resolve({ kind: "failure", sent, message: error.message });
      const outgoing = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", fail);
        response.once("close", () => fail(new Error("the answer was cut off")));
        response.once("end", () => {
          try {
            const text = Buffer.concat(chunks).toString("utf8");
            resolve({ kind: "answer", code: response.statusCode ?? 0, body: JSON.parse(text) });
          } catch (error) {
            fail(error as Error);
          }
        });
      });
      outgoing.once("socket", (socket) => {
        if (outgoing.reusedSocket) sent = true;
        else socket.once("secureConnect", () => (sent = true));
      });
      outgoing.on("error", fail);
      outgoing.end(bytes);
    });
  }

  /** @throws Error when there is no connection; what is no stream is an answer */
  watch(
    { port, path }: { port: number; path: string },
    signal: AbortSignal,
  ): Promise<{ readonly code: number; readonly lines: Lines; close(): void }> {
    return new Promise((resolve, reject) => {
      const outgoing = request({ host: "127.0.0.1", port, path, agent: false, ...this.#tls, signal }, (response) => {
        // Whoever reads hears of it; when nobody does, nobody needs to.
        response.on("error", () => undefined);
        resolve({
          code: response.statusCode ?? 0,
          lines: readLines(response),
          close: () => outgoing.destroy(),
        });
      });
      outgoing.on("error", reject);
      outgoing.setTimeout(30_000, () => outgoing.destroy(new Error("nothing came for 30 s")));
      outgoing.end();
    });
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }

  #agent(port: number): Agent {
    const agent = this.#agents.get(port) ?? new Agent({ keepAlive: true, ...this.#tls });
    this.#agents.set(port, agent);
    return agent;
  }
}

async function* readLines(response: AsyncIterable<Buffer>): Lines {
  let rest = "";
  try {
    for await (const chunk of response) {
      const lines = (rest + chunk.toString("utf8")).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") yield JSON.parse(line);
    }
  } catch (error) {
    // A line that is no JSON is a mistake of the server's; a connection that broke is an end like any other.
    if (error instanceof SyntaxError) throw error;
  }
}
