import type { DeleteOptions } from "../../registry/store.ts";
import { readBody } from "../body.ts";
import { decodeOptions } from "../decode.ts";
import { deleteOptionsFromBody, deleteOptionsFromQuery } from "../delete-options.ts";
import { sendObject, sendStored } from "../encode/answer.ts";
import type { Exchange } from "../exchange.ts";
import { bodyFormat } from "../media-type.ts";
import { negotiate } from "../negotiate.ts";
import type { Handler, HandlerDeps } from "./handler.ts";

export const remove: Handler = async (exchange, store, deps) => {
  const { kind } = store;
  const representation = negotiate(exchange.accept, "objectOrTransform");
  const options = await readDeleteOptions(exchange, deps);
  const outcome = await store.delete(exchange, exchange.info.name, options);
  const nowMs = deps.clock.now();
  if (outcome.kind === "status") {
    await sendObject(exchange, outcome.status, { kind, code: 200, representation, nowMs });
    return;
  }
  const code = !outcome.gone && options.orphanDependents === false ? 202 : 200;
  await sendStored(exchange, outcome.stored, { kind, code, representation, nowMs });
};

/** From the body; from the query only if there is none. @throws StatusError 400, 413, 415, 422 */
export async function readDeleteOptions(
  exchange: Exchange,
  { decoder }: Pick<HandlerDeps, "decoder">,
): Promise<DeleteOptions> {
  const bytes = await readBody(exchange.request);
  if (bytes.length === 0) return deleteOptionsFromQuery(exchange.info.query);
  const format = bodyFormat(exchange.request.headers["content-type"]);
  return deleteOptionsFromBody(decodeOptions(bytes, { format, decoder }));
}
