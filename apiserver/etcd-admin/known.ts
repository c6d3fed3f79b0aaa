import { createHash } from "node:crypto";
import { nextTurn } from "../../component-base/next-turn.ts";
import { commonHeaders } from "../http/encode/respond.ts";
import type { Exchange } from "../http/exchange.ts";
import type { StoredObject } from "../storage/storage.ts";
import type { KnownObject } from "./answers.ts";
import type { EtcdAdminDeps } from "./operation.ts";
import { sendPiece } from "./send-piece.ts";

/** So many lines are made before others get a turn. */
const BATCH = 200;

/** `GET known`: one line of JSON for each object in memory, without asking etcd: what the gateway last knew. */
export async function serveKnown(exchange: Exchange, { cached, etcdPrefix, clock }: EtcdAdminDeps): Promise<void> {
  const { response } = exchange;
  response.writeHead(200, commonHeaders(exchange, "application/x-ndjson"));
  // All of one moment, whatever changes while it is sent.
  const objects = [...cached.list(`${etcdPrefix}/`)];
  for (let first = 0; first < objects.length; first += BATCH) {
    const lines = objects.slice(first, first + BATCH).map((stored) => `${JSON.stringify(knownObject(stored))}\n`);
    if (!(await sendPiece(exchange, lines.join(""), clock))) return;
    await nextTurn();
  }
  response.end();
}

/** In memory the resourceVersion has been spliced into what etcd holds; it is left out again. */
function knownObject(stored: StoredObject): KnownObject {
  const { storageKey, revision } = stored;
  const bytes = stored.bytes();
  const spliced = `"resourceVersion":"${revision}"`;
  const start = bytes.indexOf(spliced);
  const comma = bytes[start + spliced.length] === 0x2c ? 1 : 0;
  const hash = createHash("sha256");
  if (start < 0) hash.update(bytes);
  else hash.update(bytes.subarray(0, start)).update(bytes.subarray(start + spliced.length + comma));
  return { storageKey, revision: revision.toString(), hash: hash.digest("hex") };
}
