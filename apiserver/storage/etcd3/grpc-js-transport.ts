import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { Client, type ClientOptions, credentials, Metadata, type ServiceError, type StatusObject } from "@grpc/grpc-js";
import type { Clock } from "../../../component-base/clock.ts";
import { GRPC, GrpcError } from "./grpc-errors.ts";
import {
  type CallOptions,
  type CallStream,
  MAX_MESSAGE_BYTES,
  type StreamHandlers,
  type StreamOptions,
  type TlsMaterial,
  type Transport,
} from "./transport.ts";

const CHANNEL_OPTIONS: ClientOptions = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.initial_reconnect_backoff_ms": 50,
  "grpc.max_reconnect_backoff_ms": 1_000,
  // Two control planes in one process must not share connections.
  "grpc.use_local_subchannel_pool": 1,
};

/** gRPC through grpc-js: for streams and rare calls, and the reference that the thin transport is tested against. */
export class GrpcJsTransport implements Transport {
  readonly #clients: readonly Client[];
  readonly #clock: Pick<Clock, "setTimer">;
  #current = 0;

  constructor(options: {
    endpoints: readonly string[];
    tls?: TlsMaterial | undefined;
    clock: Pick<Clock, "setTimer">;
  }) {
    const { endpoints, tls, clock } = options;
    this.#clients = endpoints.map((endpoint) => openClient(new URL(endpoint), tls));
    this.#clock = clock;
  }

  unary(path: string, request: Buffer, options: CallOptions): Promise<Buffer> {
    const { signal, timeoutMs } = options;
    signal.throwIfAborted();
    const client = this.#client();
    return new Promise((resolve, reject) => {
      let late = false;
      const settle = (error: ServiceError | null, answer?: Buffer) => {
        timer.cancel();
        signal.removeEventListener("abort", cancel);
        if (error === null) return resolve(answer ?? Buffer.alloc(0));
        const failure = late
          ? new GrpcError(GRPC.deadlineExceeded, "context deadline exceeded", { sent: true, cause: error })
          : toGrpcError(error);
        this.#leaveIfUnavailable(client, failure);
        reject(failure);
      };
      const call = client.makeUnaryRequest(path, same, same, request, metadata(options), {}, settle);
      const cancel = () => call.cancel();
      const timer = this.#clock.setTimer(timeoutMs, () => {
        late = true;
        call.cancel();
      });
      signal.addEventListener("abort", cancel, { once: true });
    });
  }

  stream(path: string, handlers: StreamHandlers, options: StreamOptions): CallStream {
    const client = this.#client();
    const call = client.makeBidiStreamRequest(path, same, same, metadata(options), {});
    let over = false;
    const cancel = () => {
      over = true;
      options.signal.removeEventListener("abort", cancel);
      call.cancel();
    };
    const end = (error: GrpcError | undefined) => {
      options.signal.removeEventListener("abort", cancel);
      if (over) return;
      over = true;
      this.#leaveIfUnavailable(client, error);
      handlers.end(error);
    };
    call.on("data", (payload: Buffer) => over || handlers.message(payload));
    call.on("error", (error: ServiceError) => end(toGrpcError(error)));
    call.on("status", (status: StatusObject) => {
      // What the call was paused with comes after its status.
      if (status.code === GRPC.ok) call.once("end", () => end(undefined));
    });
    if (options.signal.aborted) cancel();
    else options.signal.addEventListener("abort", cancel, { once: true });
    return {
      send: (payload) => call.write(payload),
      finish: () => call.end(),
      pause: () => call.pause(),
      resume: () => call.resume(),
      cancel,
    };
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  #client(): Client {
    const client = this.#clients[this.#current % this.#clients.length];
    if (client === undefined) throw new GrpcError(GRPC.unavailable, "no endpoints", { sent: false });
    return client;
  }

  /** The next call goes to the next member. */
  #leaveIfUnavailable(client: Client, error: GrpcError | undefined): void {
    if (error?.code === GRPC.unavailable && this.#client() === client) this.#current++;
  }
}

function openClient({ host, hostname }: URL, tls: TlsMaterial | undefined): Client {
  if (tls === undefined) return new Client(host, credentials.createInsecure(), CHANNEL_OPTIONS);
  const { ca, cert, key } = tls;
  const address = hostname.replace(/^\[|\]$/g, "");
  if (isIP(address) === 0) return new Client(host, credentials.createSsl(ca, key, cert), CHANNEL_OPTIONS);
  // An address must not stand in TLS's server name; the certificate is checked against it all the same.
  const verify = { checkServerIdentity: (_name: string, peer: PeerCertificate) => checkServerIdentity(address, peer) };
  const options = { ...CHANNEL_OPTIONS, "grpc.ssl_target_name_override": "localhost" };
  return new Client(host, credentials.createSsl(ca, key, cert, verify), options);
}

function same(bytes: Buffer): Buffer {
  return bytes;
}

/** A member without a leader refuses then, instead of keeping a watch that would stay silent. */
function metadata({ requireLeader = true }: StreamOptions): Metadata {
  const entries = new Metadata();
  if (requireLeader) entries.set("hasleader", "true");
  return entries;
}

function toGrpcError(error: ServiceError): GrpcError {
  return new GrpcError(error.code, error.details, { sent: true, cause: error });
}
