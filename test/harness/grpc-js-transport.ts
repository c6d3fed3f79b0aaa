import {
  type ChannelCredentials,
  Client,
  credentials,
  Metadata,
  type ServiceError,
  type StatusObject,
} from "@grpc/grpc-js";
import { GRPC, GrpcError } from "../../apiserver/storage/etcd3/grpc-errors.ts";
import {
  type CallOptions,
  type CallStream,
  MAX_MESSAGE_BYTES,
  type StreamHandlers,
  type TlsMaterial,
  type Transport,
} from "../../apiserver/storage/etcd3/transport.ts";
import { realClock } from "../../component-base/clock.ts";

/** The same calls through grpc-js: twice as dear, and the reference that the thin transport is tested against. */
export class GrpcJsTransport implements Transport {
  readonly #client: Client;

  constructor(options: { endpoint: string; tls?: TlsMaterial | undefined }) {
    const { endpoint, tls } = options;
    const channel: ChannelCredentials =
      tls === undefined ? credentials.createInsecure() : credentials.createSsl(tls.ca, tls.key, tls.cert);
    this.#client = new Client(new URL(endpoint).host, channel, {
      "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
      "grpc.keepalive_time_ms": 30_000,
      "grpc.keepalive_timeout_ms": 10_000,
    });
  }

  unary(path: string, request: Buffer, options: CallOptions): Promise<Buffer> {
    const { signal, timeoutMs } = options;
    return new Promise((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        path,
        same,
        same,
        request,
        metadata(),
        { deadline: realClock.now() + timeoutMs },
        (error: ServiceError | null, answer?: Buffer) => {
          signal.removeEventListener("abort", cancel);
          if (error !== null) reject(toGrpcError(error));
          else resolve(answer ?? Buffer.alloc(0));
        },
      );
      const cancel = () => call.cancel();
      signal.addEventListener("abort", cancel, { once: true });
    });
  }

  stream(path: string, handlers: StreamHandlers, options: { signal: AbortSignal }): CallStream {
    const call = this.#client.makeBidiStreamRequest(path, same, same, metadata(), {});
    let over = false;
    const cancel = () => {
      over = true;
      call.cancel();
    };
    options.signal.addEventListener("abort", cancel, { once: true });
    const end = (error: Error | undefined) => {
      options.signal.removeEventListener("abort", cancel);
      if (over) return;
      over = true;
      handlers.end(error);
    };
    call.on("data", (payload: Buffer) => over || handlers.message(payload));
    call.on("error", (error: ServiceError) => end(toGrpcError(error)));
    call.on("status", (status: StatusObject) => {
      if (status.code === GRPC.ok) end(undefined);
    });
    return { send: (payload) => call.write(payload), finish: () => call.end(), cancel };
  }

  close(): void {
    this.#client.close();
  }
}

function same(bytes: Buffer): Buffer {
  return bytes;
}

function metadata(): Metadata {
  const entries = new Metadata();
  entries.set("hasleader", "true");
  return entries;
}

function toGrpcError(error: ServiceError): GrpcError {
  return new GrpcError(error.code, error.details, { sent: true, cause: error });
}
