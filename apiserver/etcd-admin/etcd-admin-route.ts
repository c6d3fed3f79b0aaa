import { badRequest, methodNotAllowed, pathNotFound } from "../../api/status.ts";
import { readBody } from "../http/body.ts";
import { sendValue } from "../http/encode/object.ts";
import type { Exchange } from "../http/exchange.ts";
import { JsonSyntaxError } from "../http/json-strict.ts";
import { negotiate } from "../http/negotiate.ts";
import type { ExtraRoute } from "../http/non-resource.ts";
import { parseJson } from "../http/parse-json.ts";
import { disarm, listAlarms } from "./alarms.ts";
import { compact } from "./compact.ts";
import { defragment } from "./defrag.ts";
import { hash } from "./hash.ts";
import { serveKnown } from "./known.ts";
import { addMember, listMembers, promoteMember, removeMember, updateMember } from "./members.ts";
import { moveLeader } from "./move-leader.ts";
import type { EtcdAdminDeps, Operation } from "./operation.ts";
import { etcdAdminPath } from "./paths.ts";
import { serveSnapshot } from "./snapshot.ts";
import { statusAnswer } from "./status.ts";

const status: Operation = async ({ signal }, { cluster }) => ({
  code: 200,
  value: statusAnswer(await cluster.survey(signal)),
});

/** By path and method; `*` stands for the ID or name of a member. */
const operations: ReadonlyMap<string, Readonly<Record<string, Operation>>> = new Map([
  ["status", { GET: status }],
  ["members", { GET: listMembers, POST: addMember }],
  ["members/*", { PUT: updateMember, DELETE: removeMember }],
  ["members/*/promote", { POST: promoteMember }],
  ["defrag", { POST: defragment }],
  ["compact", { POST: compact }],
  ["alarms", { GET: listAlarms, DELETE: disarm }],
  ["hash", { GET: hash }],
  ["move-leader", { POST: moveLeader }],
]);

const streams: ReadonlyMap<string, (exchange: Exchange, deps: EtcdAdminDeps) => Promise<void>> = new Map([
  ["snapshot", serveSnapshot],
  ["known", serveKnown],
]);

/** What operators may ask of etcd, each a path of its own under RBAC. */
export function etcdAdminRoute(deps: EtcdAdminDeps): ExtraRoute {
  return {
    prefix: etcdAdminPath,
    async serve(exchange) {
      const { info, request } = exchange;
      const path = info.path.slice(etcdAdminPath.length + 1);
      const stream = streams.get(path);
      if (stream !== undefined) {
        if (request.method !== "GET") throw methodNotAllowed();
        return stream(exchange, deps);
      }
      const [, id = ""] = /^members\/([^/]+)/.exec(path) ?? [];
      const methods = operations.get(path.replace(/^members\/[^/]+/, "members/*"));
      if (methods === undefined) throw pathNotFound();
      const operation = methods[request.method ?? ""];
      if (operation === undefined) throw methodNotAllowed();
      const { media } = negotiate(exchange.accept, "object");
      const body = async () => json(await readBody(request));
      const { signal } = exchange;
      const { code, value } = await operation({ id, query: info.query, body, signal }, deps);
      await sendValue(exchange, value, { code, media });
    },
  };
}

/** @throws StatusError 400 */
function json(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return parseJson(body).value;
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw badRequest(`the body is no JSON: ${error.message}`);
    throw error;
  }
}
