import { sendStored } from "../encode/answer.ts";
import { negotiate } from "../negotiate.ts";
import { readParameters, refuseExport } from "../parameters.ts";
import type { Handler } from "./handler.ts";

export const get: Handler = async (exchange, store, { clock }) => {
  const { info } = exchange;
  const representation = negotiate(exchange.accept, "objectOrTransform");
  refuseExport(info.query);
  const stored = await store.get(exchange, info.name, readParameters(info.query));
  await sendStored(exchange, stored, { kind: store.kind, code: 200, representation, nowMs: clock.now() });
};
