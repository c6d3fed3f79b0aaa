import { sendList } from "../encode/list.ts";
import { negotiate } from "../negotiate.ts";
import { readParameters } from "../parameters.ts";
import { readDeleteOptions } from "./delete.ts";
import type { Handler } from "./handler.ts";

export const deleteCollection: Handler = async (exchange, store, deps) => {
  const representation = negotiate(exchange.accept, "objectOrTransform");
  const read = readParameters(exchange.info.query);
  const options = await readDeleteOptions(exchange, deps);
  const page = await store.deleteCollection(exchange, read, options);
  await sendList(exchange, page, { kind: store.kind, representation, nowMs: deps.clock.now() });
};
