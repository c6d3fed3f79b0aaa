import { commonHeaders } from "../http/encode/respond.ts";
import type { Exchange } from "../http/exchange.ts";
import { findMember, type SeenMember, type Survey } from "./cluster.ts";
import { asEtcdStatus, unavailable } from "./errors.ts";
import type { EtcdAdminDeps } from "./operation.ts";
import { sendPiece } from "./send-piece.ts";

/** How long etcd may send nothing. */
const STALL_MS = 30_000;
const CHECKSUM_BYTES = 32;

/**
 * `GET snapshot[?member=NAME]`: the database of one member, as it streams from etcd: no faster than the client reads. The last
 * 32 bytes are the SHA-256 of those before; Content-Length counts both.
 */
export async function serveSnapshot(exchange: Exchange, { cluster, clock }: EtcdAdminDeps): Promise<void> {
  const { info, signal, response } = exchange;
  const survey = await cluster.survey(signal);
  const name = info.query.get("member");
  const { admin } = cluster.reachable(name === null ? bestSource(survey) : findMember(survey, name));
  try {
    for await (const { bytes, remainingBytes } of admin.snapshot({ signal, stallMs: STALL_MS })) {
      if (response.destroyed) return;
      if (!response.headersSent) {
        const length = BigInt(bytes.length + CHECKSUM_BYTES) + remainingBytes;
        const headers = commonHeaders(exchange, "application/octet-stream", ["Content-Length", length.toString()]);
        response.writeHead(200, headers);
      }
      if (!(await sendPiece(exchange, bytes, clock))) return;
    }
  } catch (error) {
    throw asEtcdStatus(error);
  }
  response.end();
}

/** The leader has everything that was ever acknowledged. Without one: whoever has most. */
function bestSource({ leader, members }: Survey): SeenMember {
  const answering = members.filter(({ status, member }) => status !== undefined && !member.isLearner);
  const most = answering.reduce<SeenMember | undefined>((best, seen) => (ahead(seen, best) ? seen : best), undefined);
  const source = leader?.status === undefined ? most : leader;
  if (source === undefined) throw unavailable("no member of etcd answers");
  return source;
}

function ahead(seen: SeenMember, other: SeenMember | undefined): boolean {
  return (seen.status?.raftAppliedIndex ?? 0n) > (other?.status?.raftAppliedIndex ?? -1n);
}
