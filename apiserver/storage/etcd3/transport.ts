/** How bytes get to etcd and back. Two carry the same calls: a thin one on node:http2, and grpc-js. */
export interface Transport {
  /**
   * One request, one answer.
   * @param path - e.g. `/etcdserverpb.KV/Range`
   * @throws GrpcError; when `signal` is aborted, its reason
   */
  unary(path: string, request: Buffer, options: CallOptions): Promise<Buffer>;
  /** Opens a stream in both directions. It has no deadline; `signal` ends it. */
  stream(path: string, handlers: StreamHandlers, options: StreamOptions): CallStream;
  close(): void;
}

export interface StreamOptions {
  readonly signal: AbortSignal;
  /** Whether a member without a leader must refuse. Default true; only some transports can do without. */
  readonly requireLeader?: boolean;
}

export interface CallOptions extends StreamOptions {
  /** Waiting for a member that serves included. */
  readonly timeoutMs: number;
  /** It may be carried out twice without harm, so a lost or slow one is sent again, to another member. */
  readonly repeatable?: true;
  /** Called once when the answer is late; only some transports do. */
  readonly onSlow?: (call: SlowCall) => void;
}

/** A call whose answer is late. */
export interface SlowCall {
  isOver(): boolean;
  /** Ends the waiting: the call rejects with `reason`. Its request may take effect all the same, or have done so. */
  giveUp(reason: unknown): void;
}

export interface StreamHandlers {
  message(payload: Buffer): void;
  /** Called once, last: undefined when etcd ended the stream in order. */
  end(error: Error | undefined): void;
}

export interface CallStream {
  send(payload: Buffer): void;
  /** Nothing more will be sent; etcd may go on answering. */
  finish(): void;
  /** No messages until `resume`, but for few that have arrived; etcd is slowed down by what it cannot send. */
  pause(): void;
  resume(): void;
  /** The member has to prove that it serves; if it cannot, the stream ends as lost. Only some transports do that. */
  suspect?(): void;
  /** Gives the stream up; `end` is not called any more. */
  cancel(): void;
}

/** The credential only the gateway has. PEM. */
export interface TlsMaterial {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** etcd's limit on what it sends is the list page; ours guards against nonsense only. */
export const MAX_MESSAGE_BYTES = 1 << 30;
