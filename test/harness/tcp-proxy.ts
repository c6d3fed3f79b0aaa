import { connect, createServer, type Socket } from "node:net";

/** A TCP proxy in front of one port, which can cut and stall. */
export interface TcpProxy {
  readonly port: number;
  /** The connections there are pass on the clients' bytes, but no answer any more; they are cut after `afterMs`. */
  loseAnswers(options: { afterMs: number }): void;
  /** Cuts all connections and refuses new ones until {@link restore}. */
  cut(): void;
  restore(): void;
  /** The connections there are stay open and carry nothing any more; new ones do. */
  stall(): void;
  stop(): Promise<void>;
}

/** @param options - `host`: the loopback address to listen on, default 127.0.0.1 */
export async function startTcpProxy(targetPort: number, options: { host?: string } = {}): Promise<TcpProxy> {
  let mode: "pass" | "refuse" = "pass";
  const pairs = new Set<readonly [Socket, Socket]>();
  const cutAll = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  const server = createServer((client) => {
    if (mode === "refuse") {
      client.destroy();
      return;
    }
    const upstream = connect(targetPort, "127.0.0.1");
    const pair = [client, upstream] as const;
    pairs.add(pair);
    client.on("data", (chunk) => upstream.write(chunk));
    upstream.on("data", (chunk) => client.write(chunk));
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        pairs.delete(pair);
        for (const other of pair) other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, options.host ?? "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    loseAnswers({ afterMs }) {
      for (const [, upstream] of pairs) upstream.removeAllListeners("data").resume();
      setTimeout(cutAll, afterMs);
    },
    cut() {
      mode = "refuse";
      cutAll();
    },
    restore() {
      mode = "pass";
    },
    stall() {
      for (const pair of pairs) for (const socket of pair) socket.removeAllListeners("data").pause();
    },
    async stop() {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
