import type { Clock } from "../../../component-base/clock.ts";
import { EtcdAdmin } from "./admin.ts";
import { GrpcJsTransport } from "./grpc-js-transport.ts";
import type { TlsMaterial, Transport } from "./transport.ts";

/** A connection to every single member that somebody has asked for, made at the first request. */
export class MemberAdmins {
  readonly #tls: TlsMaterial | undefined;
  readonly #clock: Pick<Clock, "setTimer">;
  readonly #open = new Map<string, { readonly transport: Transport; readonly admin: EtcdAdmin }>();

  constructor(options: { tls: TlsMaterial | undefined; clock: Pick<Clock, "setTimer"> }) {
    this.#tls = options.tls;
    this.#clock = options.clock;
  }

  /** @param endpoint - a client URL of the member */
  at(endpoint: string): EtcdAdmin {
    const known = this.#open.get(endpoint);
    if (known !== undefined) return known.admin;
    const transport = new GrpcJsTransport({ endpoints: [endpoint], tls: this.#tls, clock: this.#clock });
    const admin = new EtcdAdmin(transport, { clock: this.#clock });
    this.#open.set(endpoint, { transport, admin });
    return admin;
  }

  close(): void {
    for (const { transport } of this.#open.values()) transport.close();
    this.#open.clear();
  }
}
