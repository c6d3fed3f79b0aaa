import { readFileSync } from "node:fs";
import { Http2Transport } from "../../apiserver/storage/etcd3/http2-transport.ts";
import { EtcdKv } from "../../apiserver/storage/etcd3/kv.ts";
import { type OpenStorage, openStorage, type StorageConfig, type StorageDeps } from "../../apiserver/storage/open.ts";
import type { WatchEvent, Watcher } from "../../apiserver/storage/storage.ts";
import { realClock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";
import type { TestEtcd } from "./etcd.ts";

/** Storage on a test's own etcd, with the gateway's certificate. */
export function openTestStorage(
  etcd: TestEtcd,
  config: Partial<StorageConfig> = {},
  deps: Partial<StorageDeps> = {},
): Promise<OpenStorage> {
  return openStorage(
    { endpoints: etcd.clientUrls, tls: tlsOf(etcd), compactionIntervalMs: 0, ...config },
    { clock: realClock, log: silentLogger, ...deps },
  );
}

/** etcd without any of our storage in between: for compacting, and for writing what somebody else would. */
export function rawEtcd(etcd: TestEtcd): { kv: EtcdKv; close(): void } {
  const transport = new Http2Transport({ endpoints: etcd.clientUrls, tls: tlsOf(etcd), clock: realClock });
  return { kv: new EtcdKv(transport), close: () => transport.close() };
}

export function tlsOf({ gateway }: TestEtcd): { ca: Buffer; cert: Buffer; key: Buffer } {
  return { ca: readFileSync(gateway.ca), cert: readFileSync(gateway.cert), key: readFileSync(gateway.key) };
}

/** Collects a watch's events as they come. */
export interface Collected {
  readonly events: WatchEvent[];
  /** Settles when the watch is over. */
  readonly done: Promise<void>;
}

export function collect(watcher: Watcher): Collected {
  const events: WatchEvent[] = [];
  const run = async () => {
    for await (const batch of watcher) events.push(...batch);
  };
  const done = run();
  done.catch(() => undefined);
  return { events, done };
}

/** `ADDED a@5`: type, last part of the key, revision. */
export function brief(event: WatchEvent): string {
  const name = event.object?.storageKey.split("/").at(-1) ?? (event.initialEventsEnd ? "end" : "");
  return `${event.type} ${name}@${event.revision}`;
}
