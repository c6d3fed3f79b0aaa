import { readBody } from "../body.ts";
import { decodePatch } from "../decode.ts";
import { sendStored } from "../encode/answer.ts";
import { patchType } from "../media-type.ts";
import { negotiate } from "../negotiate.ts";
import { patchOptions } from "../parameters.ts";
import type { Handler } from "./handler.ts";

export const patch: Handler = async (exchange, store, { clock }) => {
  const type = patchType(exchange.request.headers["content-type"]);
  const representation = negotiate(exchange.accept, "objectOrTransform");
  const { options, force } = patchOptions(exchange.info.query, type);
  const body = decodePatch(await readBody(exchange.request), type);
  const { stored, created } = await store.patch(exchange, exchange.info.name, { type, body, force }, options);
  const code = created ? 201 : 200;
  await sendStored(exchange, stored, { kind: store.kind, code, representation, nowMs: clock.now() });
};
