/** Protocol Buffers on the wire, as much of it as etcd's KV and Watch messages use. 64-bit integers are bigint. */

const TWO_32 = 2 ** 32;

/** Writes one message into a buffer whose size the caller has worked out. */
export class ProtoWriter {
  #buffer: Buffer;
  #at: number;

  constructor(sizeBytes: number) {
    this.#buffer = Buffer.allocUnsafe(sizeBytes);
    this.#at = 0;
  }

  bytes(field: number, value: Uint8Array | string): void {
    if (typeof value !== "string") {
      this.#varint(field * 8 + 2);
      this.#varint(value.length);
      this.#buffer.set(value, this.#at);
      this.#at += value.length;
      return;
    }
    this.#varint(field * 8 + 2);
    this.#varint(Buffer.byteLength(value));
    this.#at += this.#buffer.write(value, this.#at, "utf8");
  }

  /** Opens an embedded message of `sizeBytes`; its fields follow. */
  message(field: number, sizeBytes: number): void {
    this.#varint(field * 8 + 2);
    this.#varint(sizeBytes);
  }

  int64(field: number, value: bigint): void {
    this.#varint(field * 8);
    let rest = BigInt.asUintN(64, value);
    while (rest > 0x7fn) {
      this.#buffer[this.#at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#buffer[this.#at++] = Number(rest);
  }

  uint(field: number, value: number): void {
    this.#varint(field * 8);
    this.#varint(value);
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#buffer[this.#at++] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#at++] = rest;
  }
}

/** Bytes that `value` takes as a varint. */
function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Bytes of a length-delimited field with a payload of `length`, for field numbers below 16. */
export function fieldSize(length: number): number {
  return 1 + varintSize(length) + length;
}

/** Bytes of an int64 field, for field numbers below 16. */
export function int64Size(value: bigint): number {
  let size = 2;
  for (let rest = BigInt.asUintN(64, value); rest > 0x7fn; rest >>= 7n) size++;
  return size;
}

/** Reads the fields of one message in the order they come. */
export class ProtoReader {
  readonly #buffer: Buffer;
  #at: number;
  #end: number;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
    this.#at = 0;
    this.#end = buffer.length;
  }

  /** The next field's tag (`field * 8 + wireType`), 0 at the end. */
  tag(): number {
    return this.#at < this.#end ? this.uint() : 0;
  }

  /** A varint below 2^53. */
  uint(): number {
    let low = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#buffer[this.#at++] ?? 0;
      low += (byte & 0x7f) * scale;
      if (byte < 0x80) return low;
      scale *= 128;
    }
  }

  int64(): bigint {
    const start = this.#at;
    let at = start;
    while ((this.#buffer[at] ?? 0) >= 0x80) at++;
    if (at - start < 7) return BigInt(this.uint());
    let value = 0n;
    for (let i = at; i >= start; i--) value = (value << 7n) | BigInt((this.#buffer[i] ?? 0) & 0x7f);
    this.#at = at + 1;
    return BigInt.asIntN(64, value);
  }

  bool(): boolean {
    return this.uint() !== 0;
  }

  /** A view into the message, no copy. */
  bytes(): Buffer {
    const length = this.uint();
    const start = this.#at;
    if (start + length > this.#end) throw new RangeError("truncated message");
    this.#at = start + length;
    return this.#buffer.subarray(start, this.#at);
  }

  string(): string {
    const length = this.uint();
    const start = this.#at;
    this.#at += length;
    return this.#buffer.toString("utf8", start, this.#at);
  }

  /** Limits reading to the embedded message that begins here; returns what {@link leave} needs. */
  enter(): number {
    const length = this.uint();
    const outer = this.#end;
    if (this.#at + length > outer) throw new RangeError("truncated message");
    this.#end = this.#at + length;
    return outer;
  }

  leave(outer: number): void {
    this.#at = this.#end;
    this.#end = outer;
  }

  skip(tag: number): void {
    const wireType = tag % 8;
    if (wireType === 0) this.int64();
    else if (wireType === 1) this.#at += 8;
    else if (wireType === 2) this.bytes();
    else if (wireType === 5) this.#at += 4;
    else throw new RangeError(`wire type ${wireType}`);
  }
}

/** A gRPC frame header: not compressed, then the length. */
export function writeFrameHeader(frame: Buffer, payloadBytes: number): void {
  if (payloadBytes >= TWO_32) throw new RangeError("message too long");
  frame[0] = 0;
  frame.writeUInt32BE(payloadBytes, 1);
}
