import { sendList } from "../encode/list.ts";
import { negotiate } from "../negotiate.ts";
import { readParameters } from "../parameters.ts";
import type { Handler } from "./handler.ts";

export const list: Handler = async (exchange, store, { clock }) => {
  const representation = negotiate(exchange.accept, "objectOrTransform");
  const page = await store.list(exchange, readParameters(exchange.info.query));
  await sendList(exchange, page, { kind: store.kind, representation, nowMs: clock.now() });
};
