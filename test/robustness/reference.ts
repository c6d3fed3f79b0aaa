import { readFileSync } from "node:fs";
import { EtcdAdmin } from "../../apiserver/storage/etcd3/admin.ts";
import { Http2Transport } from "../../apiserver/storage/etcd3/http2-transport.ts";
import { EtcdKv } from "../../apiserver/storage/etcd3/kv.ts";
import { type KeyValue, prefixEnd } from "../../apiserver/storage/etcd3/kv-messages.ts";
import type { EtcdEvent } from "../../apiserver/storage/etcd3/watch-messages.ts";
import { watchEtcd } from "../../apiserver/storage/etcd3/watch-stream.ts";
import { realClock } from "../../component-base/clock.ts";
import type { EtcdClientFiles } from "../../etcd/pki.ts";
import type { Commit, Final } from "./history.ts";
import { groupOf, podsPrefix, registersPrefix, toSeen } from "./objects.ts";

const root = "/registry/";
const prefixes = [registersPrefix, podsPrefix];
const callTimeoutMs = 5_000;

/**
 * What etcd commits, seen from etcd: one watch on each member, without gateways or relays, put together to one log. It is what
 * every gateway is held to; members that disagree with each other are a failure of their own.
 */
export class Reference {
  readonly commits: Commit[] = [];
  readonly disagreements: string[] = [];
  startRevision = 0;
  compactedRevision = 0;
  readonly #ends: readonly { readonly name: string; readonly kv: EtcdKv; readonly admin: EtcdAdmin; close(): void }[];
  readonly #stopping = new AbortController();
  readonly #transports: readonly Http2Transport[];
  /** Every revision up to here is in the log, if it is of ours. */
  #reached = 0;
  readonly #states = new Map<string, { readonly write: string; readonly uid: string; readonly group: string }>();

  constructor(members: readonly { readonly name: string; readonly clientUrl: string }[], files: EtcdClientFiles) {
    const tls = { ca: readFileSync(files.ca), cert: readFileSync(files.cert), key: readFileSync(files.key) };
    this.#transports = members.map(
      ({ clientUrl }) => new Http2Transport({ endpoints: [clientUrl], tls, clock: realClock }),
    );
    this.#ends = members.map(({ name }, index) => {
      const transport = this.#transports[index] as Http2Transport;
      return {
        name,
        kv: new EtcdKv(transport),
        admin: new EtcdAdmin(transport, { clock: realClock }),
        close: () => transport.close(),
      };
    });
  }

  /** Begins the log. */
  async start(): Promise<void> {
    this.startRevision = Number((await this.anyRange({ key: root, countOnly: true })).revision);
    this.#reached = this.startRevision;
    for (const [index] of this.#ends.entries()) this.#follow(index);
  }

  /** Up to where the log is known to be whole. */
  reached(): number {
    return this.#reached;
  }

  /** Maintenance of one member. */
  admin(index: number): EtcdAdmin {
    return (this.#ends[index] as { admin: EtcdAdmin }).admin;
  }

  async compact(revision: number): Promise<void> {
    // Noted before it is asked for: a compaction whose answer is lost may still be done.
    this.compactedRevision = Math.max(this.compactedRevision, revision);
    await this.#any((kv, options) => kv.compact(BigInt(revision), options));
  }

  async anyRange(request: Parameters<EtcdKv["range"]>[0]): Promise<Awaited<ReturnType<EtcdKv["range"]>>> {
    return await this.#any((kv, options) => kv.range(request, options));
  }

  /** What etcd holds now. */
  async final(): Promise<Final> {
    const items: Final["items"][number][] = [];
    let revision = 0;
    for (const prefix of prefixes) {
      const key = `${root}${prefix}`;
      const answer = await this.anyRange({ key, rangeEnd: prefixEnd(key) });
      revision = Number(answer.revision);
      items.push(...answer.kvs.map((kv) => toSeen(prefix, parse(kv), Number(kv.modRevision))));
    }
    return { kind: "final", from: "etcd", revision, items };
  }

  stop(): void {
    this.#stopping.abort();
    for (const end of this.#ends) end.close();
  }

  /** The first member that answers. */
  async #any<T>(call: (kv: EtcdKv, options: { timeoutMs: number; signal: AbortSignal }) => Promise<T>): Promise<T> {
    const options = { timeoutMs: callTimeoutMs, signal: this.#stopping.signal };
    return await Promise.any(this.#ends.map(({ kv }) => call(kv, options)));
  }

  #follow(index: number): void {
    const { signal } = this.#stopping;
    const transport = this.#transports[index];
    if (transport === undefined || signal.aborted) return;
    const again = () => realClock.setTimer(200, () => this.#follow(index));
    watchEtcd(
      transport,
      { key: root, rangeEnd: prefixEnd(root), startRevision: BigInt(this.#reached + 1), prevKv: false },
      { events: (events) => this.#take(events, index), end: again },
      { signal },
    );
  }

  /** Whole revisions of one member: those that another one has shown already must be the same. */
  #take(events: readonly EtcdEvent[], index: number): void {
    const fresh = this.#reached;
    for (const { type, kv } of events) {
      const key = kv.key.slice(root.length);
      const prefix = prefixes.find((candidate) => key.startsWith(candidate));
      const revision = Number(kv.modRevision);
      if (revision <= fresh) {
        if (prefix !== undefined) this.#compare({ type, key, revision }, index);
        continue;
      }
      if (prefix !== undefined) this.#append({ type, key, revision, prefix, kv });
      this.#reached = revision;
    }
  }

  #compare({ type, key, revision }: { type: "put" | "delete"; key: string; revision: number }, index: number): void {
    const known = this.commits.findLast((commit) => commit.revision <= revision);
    if (known?.revision === revision && known.key === key && known.type === type) return;
    const { name } = this.#ends[index] as { name: string };
    this.disagreements.push(`${name} shows ${type} ${key}@${revision}, the others ${known?.key}@${known?.revision}`);
  }

  #append(event: { type: "put" | "delete"; key: string; revision: number; prefix: string; kv: KeyValue }): void {
    const { type, key, revision, prefix, kv } = event;
    if (type === "delete") {
      const { write = "", uid = "", group = "" } = this.#states.get(key) ?? {};
      this.#states.delete(key);
      this.commits.push({ kind: "commit", revision, type, key, write, uid, group, version: 0 });
      return;
    }
    const value = parse(kv);
    const { write, uid, node } = toSeen(prefix, value, revision);
    const group = groupOf(value);
    this.#states.set(key, { write, uid, group });
    const version = Number(kv.version);
    this.commits.push({ kind: "commit", revision, type, key, write, uid, group, version, ...(node && { node }) });
  }
}

function parse(kv: KeyValue): unknown {
  return JSON.parse(kv.value.toString("utf8"));
}
