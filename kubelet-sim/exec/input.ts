/** Where a program reads from. Several may read in turn: what one has not taken is there for the next. */
export interface Input {
  /**
   * The next piece; undefined at the end. Whoever gives up waiting takes nothing.
   * @throws signal.reason
   */
  read(options: { readonly signal: AbortSignal }): Promise<Uint8Array | undefined>;
}

/** What has been read ahead beyond this makes the sender wait. */
const maxWaitingBytes = 64 * 1024;

/** Input that somebody pushes. */
export class InputQueue implements Input {
  readonly #chunks: Uint8Array[] = [];
  readonly #onRoom: () => void;
  #waitingBytes = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  /** @param onRoom - called when there is room again after `push` has answered false */
  constructor(onRoom: () => void) {
    this.#onRoom = onRoom;
  }

  /** False: no more for now. */
  push(chunk: Uint8Array): boolean {
    if (this.#ended || chunk.length === 0) return true;
    this.#chunks.push(chunk);
    this.#waitingBytes += chunk.length;
    this.#wake?.();
    return this.#waitingBytes < maxWaitingBytes;
  }

  /** What has been pushed can still be read. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async read({ signal }: { readonly signal: AbortSignal }): Promise<Uint8Array | undefined> {
    while (this.#chunks.length === 0) {
      signal.throwIfAborted();
      if (this.#ended) return undefined;
      await this.#change(signal);
    }
    signal.throwIfAborted();
    const chunk = this.#chunks.shift();
    const wasFull = this.#waitingBytes >= maxWaitingBytes;
    this.#waitingBytes -= chunk?.length ?? 0;
    if (wasFull && this.#waitingBytes < maxWaitingBytes) this.#onRoom();
    return chunk;
  }

  /** Resolves when there may be something to read, or nobody wants it any more. */
  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#wake;
      const wake = () => {
        signal.removeEventListener("abort", wake);
        if (this.#wake === wake) this.#wake = undefined;
        before?.();
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener("abort", wake, { once: true });
    });
  }
}

/** All of an input, piece by piece. */
export async function* piecesOf(
  input: Input,
  options: { readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array, void, void> {
  for (let piece = await input.read(options); piece !== undefined; piece = await input.read(options)) yield piece;
}
