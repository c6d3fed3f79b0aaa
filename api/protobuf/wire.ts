/** The bytes are not what the protobuf wire format allows. */
export class ProtobufError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ProtobufError";
  }
}

export type WireType = 0 | 1 | 2 | 5;

const textDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads one message, field by field. */
export class WireReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  /** @throws {@link ProtobufError} */
  tag(): { number: number; wireType: WireType } {
    const tag = Number(this.#unsigned());
    const wireType = tag & 7;
    if (tag >>> 3 === 0) throw new ProtobufError(`illegal tag ${tag >>> 3} (wire type ${wireType})`);
    if (wireType === 0 || wireType === 1 || wireType === 2 || wireType === 5) return { number: tag >>> 3, wireType };
    throw new ProtobufError(`illegal wire type ${wireType}`);
  }

  /** A signed integer; beyond 2^53 the nearest double. */
  integer(): number {
    return Number(BigInt.asIntN(64, this.#unsigned()));
  }

  double(): number {
    const at = this.#take(8);
    return new DataView(at.buffer, at.byteOffset, 8).getFloat64(0, true);
  }

  bytes(): Uint8Array {
    return this.#take(Number(this.#unsigned()));
  }

  text(): string {
    return textDecoder.decode(this.bytes());
  }

  skip(wireType: WireType): void {
    if (wireType === 0) this.#unsigned();
    else if (wireType === 2) this.bytes();
    else this.#take(wireType === 1 ? 8 : 4);
  }

  #take(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw new ProtobufError("unexpected EOF");
    const taken = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }

  #unsigned(): bigint {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      low += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return BigInt(low);
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value += BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new ProtobufError("integer overflow");
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset++];
    if (byte === undefined) throw new ProtobufError("unexpected EOF");
    return byte;
  }
}
