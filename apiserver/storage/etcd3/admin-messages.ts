import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../../../component-base/package-root.ts";

/** A message as JSON: 64-bit integers are decimal strings, bytes are Buffers, absent fields have their defaults. */
export type Message = Readonly<Record<string, unknown>>;

/** Encodes and decodes any message of proto/etcd.proto by name. */
export interface MessageCodec {
  encode(type: string, message: Message): Buffer;
  decode(type: string, payload: Buffer): Message;
}

/** Reads proto/etcd.proto. Only what an operator asks for goes this way, so its cost is not paid at start. */
export async function loadMessageCodec(): Promise<MessageCodec> {
  const { default: protobuf } = await import("protobufjs");
  const source = await readFile(join(packageRoot(), "proto", "etcd.proto"), "utf8");
  const { root } = protobuf.parse(source, { keepCase: true });
  return {
    encode(type, message) {
      const schema = root.lookupType(`etcdserverpb.${type}`);
      return Buffer.from(schema.encode(schema.fromObject(message)).finish());
    },
    decode(type, payload) {
      const schema = root.lookupType(`etcdserverpb.${type}`);
      return schema.toObject(schema.decode(payload), { longs: String, enums: String, bytes: Buffer, defaults: true });
    },
  };
}
