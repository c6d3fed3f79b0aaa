/** What became of the last write through a gateway, or becomes of the present one. */
export type WriteView =
  | { readonly kind: "none" }
  | { readonly kind: "ok"; readonly ms: number }
  /** Code 0: no answer came. */
  | { readonly kind: "refused"; readonly code: number; readonly message: string }
  | { readonly kind: "waiting"; readonly sinceMs: number };

/** etcd as a gateway sees it. */
export type EtcdView =
  | { readonly kind: "none" }
  | { readonly kind: "unknown"; readonly message: string }
  | {
      readonly kind: "known";
      /** Empty without one. */
      readonly leader: string;
      readonly term: number;
      readonly revision: string;
      readonly reachable: number;
      readonly voters: number;
    };

export interface GatewayView {
  readonly name: string;
  readonly write: WriteView;
  readonly etcd: EtcdView;
}

/** What somebody reads in a line. */
const longestReason = 70;

/** `12:00:05  apiserver: writes ok 12 ms, leader etcd-3, term 4, revision 812 | apiserver-2: …` */
export function statusLine(nowMs: number, views: readonly GatewayView[]): string {
  const time = new Date(nowMs).toTimeString().slice(0, 8);
  return `${time}  ${views.map(({ name, write, etcd }) => `${name}: ${writeText(write)}, ${etcdText(etcd)}`).join(" | ")}`;
}

function writeText(write: WriteView): string {
  switch (write.kind) {
    case "none":
      return "writes not tried yet";
    case "ok":
      return `writes ok ${Math.round(write.ms)} ms`;
    case "refused": {
      const reason = write.message.length > longestReason ? `${write.message.slice(0, longestReason)}…` : write.message;
      return write.code === 0 ? `writes fail (${reason})` : `writes refused (${write.code} ${reason})`;
    }
    case "waiting":
      return `writes wait since ${Math.floor(write.sinceMs / 1_000)} s`;
  }
}

function etcdText(etcd: EtcdView): string {
  if (etcd.kind === "none") return "etcd not asked yet";
  if (etcd.kind === "unknown") return "etcd unknown";
  const { leader, term, revision, reachable, voters } = etcd;
  if (reachable === 0) return `reaches none of ${voters} members`;
  const who = leader === "" ? "no leader" : `leader ${leader}`;
  return `${who}, term ${term}, revision ${revision}, reaches ${reachable} of ${voters}`;
}
