import { chmodSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Clock } from "../../../component-base/clock.ts";
import { controlSocket } from "../../data-dir.ts";
import { speaksForItself, UserError } from "../../user-error.ts";
import type { LivePlane } from "../live-plane.ts";
import type { ControlMessage, Operation } from "./operation.ts";
import { operations } from "./operations.ts";

/** What somebody may send. */
const maxInputBytes = 1 << 20;

/**
 * The door by which commands reach the launcher: HTTP on a Unix socket that only its owner may open. `POST /NAME` with the
 * input as JSON; the answer is lines of {@link ControlMessage}. Who hangs up ends the operation,
 * unless it changes who runs.
 */
export class ControlServer {
  readonly name = "control socket";
  readonly #plane: LivePlane;
  readonly #deps: { readonly clock: Clock };
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  /** The operation that wants to be alone, while there is one. */
  #alone: string | undefined;
  #server: Server | undefined;

  constructor(plane: LivePlane, deps: { readonly clock: Clock }) {
    this.#plane = plane;
    this.#deps = deps;
  }

  preload(): void {
    // It is loaded with the launcher.
  }

  async start(): Promise<void> {
    const path = controlSocket(this.#plane.folder);
    rmSync(path, { force: true });
    const server = createServer((request, response) => {
      const served = this.#serve(request, response).finally(() => this.#running.delete(served));
      this.#running.add(served);
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
    chmodSync(path, 0o600);
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new UserError("the control plane is stopping"));
    const closed = new Promise((resolve) =>
      this.#server === undefined ? resolve(undefined) : this.#server.close(resolve),
    );
    await Promise.all(this.#running);
    this.#server?.closeAllConnections();
    await closed;
    rmSync(controlSocket(this.#plane.folder), { force: true });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once("close", () => gone.abort(new Error("whoever asked has gone")));
    const send = (message: ControlMessage) => {
      if (!response.destroyed) response.write(`${JSON.stringify(message)}\n`);
    };
    try {
      const operation = operations.find(({ name }) => request.method === "POST" && request.url === `/${name}`);
      if (operation === undefined) throw new UserError(`this control plane knows no operation ${request.url}`);
      const input = await readInput(request);
      // What changes who runs is not left half done because somebody hung up.
      const stop = this.#stopping.signal;
      const signal = operation.runs === "alone" ? stop : AbortSignal.any([gone.signal, stop]);
      const result = await this.#run(operation, input, { say: (line) => send({ say: line }), signal });
      send({ result: result ?? null });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      send({ error: { message, forUsers: speaksForItself(error) } });
    } finally {
      response.end();
    }
  }

  async #run(
    operation: Operation,
    input: unknown,
    context: { readonly say: (line: string) => void; readonly signal: AbortSignal },
  ): Promise<unknown> {
    const all = { ...context, plane: this.#plane, clock: this.#deps.clock };
    if (operation.runs !== "alone") return operation.run(input, all);
    if (this.#alone !== undefined) throw new UserError(`${this.#alone} is still going on: wait until it has ended`);
    this.#alone = operation.name;
    try {
      return await operation.run(input, all);
    } finally {
      this.#alone = undefined;
    }
  }
}

async function readInput(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxInputBytes) throw new UserError("the input is too long");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? undefined : JSON.parse(text);
}
