import { readBody } from "../body.ts";
import { decodeObject } from "../decode.ts";
import { sendStored } from "../encode/answer.ts";
import { bodyFormat } from "../media-type.ts";
import { negotiate } from "../negotiate.ts";
import { writeOptions } from "../parameters.ts";
import type { Handler } from "./handler.ts";

export const create: Handler = async (exchange, store, { clock, decoder }) => {
  const { kind } = store;
  const representation = negotiate(exchange.accept, kind.storage === null ? "object" : "objectOrTransform");
  const format = bodyFormat(exchange.request.headers["content-type"]);
  const bytes = await readBody(exchange.request);
  const options = writeOptions(exchange.info.query, "CreateOptions");
  const body = decodeObject(bytes, { format, expected: kind.kind, decoder });
  const stored = await store.create(exchange, body, options);
  await sendStored(exchange, stored, { kind, code: 201, representation, nowMs: clock.now() });
};
