import { realClock } from "../../component-base/clock.ts";
import { startTcpRelay } from "../../component-base/tcp-relay.ts";

/** A relay in front of one port, by what tests do to it. */
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
  const relay = await startTcpRelay(
    { ...options, target: { host: "127.0.0.1", port: targetPort } },
    { clock: realClock, random: () => 0 },
  );
  return {
    port: relay.port,
    loseAnswers({ afterMs }) {
      relay.setFaultOfOpen({ kind: "stall", towards: "caller" });
      realClock.setTimer(afterMs, () => relay.setFaultOfOpen({ kind: "refuse" }));
    },
    cut: () => relay.setFault({ kind: "refuse" }),
    restore: () => relay.setFault({ kind: "pass" }),
    stall: () => relay.setFaultOfOpen({ kind: "stall" }),
    stop: () => relay.stop(),
  };
}
