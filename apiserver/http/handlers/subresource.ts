import type { Subresource } from "../../../api/kind.ts";
import { methodNotAllowed } from "../../../api/status.ts";
import type { ResourceStore, SubresourceAnswer, SubresourceStore } from "../../registry/store.ts";
import { readBody } from "../body.ts";
import { decodeObject, decodePatch } from "../decode.ts";
import { sendObject, sendStored } from "../encode/answer.ts";
import { drained } from "../encode/drained.ts";
import { commonHeaders, isAnswered } from "../encode/respond.ts";
import type { Exchange } from "../exchange.ts";
import { bodyFormat, patchType } from "../media-type.ts";
import { negotiate, plainJson } from "../negotiate.ts";
import { patchOptions, writeOptions } from "../parameters.ts";
import type { HandlerDeps } from "./handler.ts";
import { tunnel } from "./tunnel.ts";

/** Serves every verb of a subresource. */
export async function subresource(
  exchange: Exchange,
  target: { store: ResourceStore; row: Subresource; subresource: SubresourceStore },
  deps: HandlerDeps,
): Promise<void> {
  const { store, row } = target;
  const { verb } = exchange.info;
  const isText = row.name === "log" || row.connects === true;
  const offer = verb === "create" ? "object" : "objectOrTransform";
  const representation = isText ? plainJson : negotiate(exchange.accept, offer);
  const answer = await call(exchange, target, deps);
  if (answer.kind === "nothing") {
    if (isAnswered(exchange)) return;
    exchange.response.writeHead(204, commonHeaders(exchange, ""));
    exchange.response.end();
    return;
  }
  if (answer.kind === "tunnel") {
    await tunnel(exchange, answer.open, deps);
    return;
  }
  if (answer.kind === "text") {
    await sendStream(exchange, answer);
    return;
  }
  const code = answer.code ?? (verb === "create" ? 201 : 200);
  const options = { kind: store.kind, code, representation, nowMs: deps.clock.now() };
  if (answer.kind === "stored") await sendStored(exchange, answer.stored, options);
  else await sendObject(exchange, answer.object, options);
}

/** @throws StatusError 405 for a verb that it lacks */
async function call(
  exchange: Exchange,
  target: { store: ResourceStore; row: Subresource; subresource: SubresourceStore },
  { decoder }: HandlerDeps,
): Promise<SubresourceAnswer> {
  const { subresource: sub, row, store } = target;
  const { info, request } = exchange;
  const { name, query } = info;
  const contentType = request.headers["content-type"];
  const expected = row.kind?.kind ?? store.kind.kind;
  if (sub.connect !== undefined) return sub.connect(exchange, name, query);
  switch (info.verb) {
    case "get":
      if (sub.get !== undefined) return sub.get(exchange, name, query);
      break;
    case "create":
    case "update": {
      const method = info.verb === "create" ? sub.create : sub.update;
      if (method === undefined) break;
      const format = bodyFormat(contentType);
      const bytes = await readBody(request);
      const options = writeOptions(query, info.verb === "create" ? "CreateOptions" : "UpdateOptions");
      return method.call(sub, exchange, name, decodeObject(bytes, { format, expected, decoder }), options);
    }
    case "patch": {
      if (sub.patch === undefined) break;
      const type = patchType(contentType);
      const { options, force } = patchOptions(query, type);
      const body = decodePatch(await readBody(request), type);
      return sub.patch(exchange, name, { type, body, force }, options);
    }
  }
  throw methodNotAllowed();
}

async function sendStream(exchange: Exchange, answer: SubresourceAnswer & { kind: "text" }): Promise<void> {
  if (isAnswered(exchange)) return;
  const { response } = exchange;
  const headers = commonHeaders(exchange, answer.contentType);
  response.writeHead(200, headers);
  response.flushHeaders();
  for await (const chunk of answer.body) {
    if (exchange.aborted) return;
    if (!response.write(chunk)) await drained(response, exchange.signal);
  }
  response.end();
}
