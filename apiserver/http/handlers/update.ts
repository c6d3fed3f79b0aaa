import { readBody } from "../body.ts";
import { decodeObject } from "../decode.ts";
import { sendStored } from "../encode/answer.ts";
import { bodyFormat } from "../media-type.ts";
import { negotiate } from "../negotiate.ts";
import { writeOptions } from "../parameters.ts";
import type { Handler } from "./handler.ts";

export const update: Handler = async (exchange, store, { clock, decoder }) => {
  const { kind } = store;
  const representation = negotiate(exchange.accept, "objectOrTransform");
  const format = bodyFormat(exchange.request.headers["content-type"]);
  const bytes = await readBody(exchange.request);
  const options = writeOptions(exchange.info.query, "UpdateOptions");
  const body = decodeObject(bytes, { format, expected: kind.kind, decoder });
  const { stored, created } = await store.update(exchange, exchange.info.name, body, options);
  await sendStored(exchange, stored, { kind, code: created ? 201 : 200, representation, nowMs: clock.now() });
};
