import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realClock } from "../../component-base/clock.ts";
import type { EtcdConfig } from "../../etcd/config.ts";
import { findEtcd } from "../../etcd/find.ts";
import { type EtcdClientFiles, ensureEtcdPki } from "../../etcd/pki.ts";
import { type RunningEtcd, startEtcd } from "../../etcd/start.ts";

export interface TestEtcd {
  readonly etcd: RunningEtcd;
  readonly clientUrls: readonly string[];
  /** The gateway's files: the only client certificate that etcd accepts. */
  readonly gateway: EtcdClientFiles;
  /** A temporary folder of this etcd's; it goes when etcd does. */
  readonly folder: string;
  readonly binary: { readonly path: string; readonly version: string; readonly etcdctl?: string };
  /** Starts it again on the same data and ports, after `etcd.stop()` or a kill. */
  restart(): Promise<RunningEtcd>;
  stop(): Promise<void>;
}

/**
 * A real etcd with mutual TLS on free ports and a temporary folder, without fsync. Stop it in `afterAll`:
 * it also ends with this process.
 */
export async function startTestEtcd(
  options: Partial<
    Pick<
      EtcdConfig,
      | "members"
      | "plan"
      | "quotaBackendBytes"
      | "heartbeatIntervalMs"
      | "electionTimeoutMs"
      | "extraArgs"
      | "durability"
    >
  > = {},
): Promise<TestEtcd> {
  const signal = AbortSignal.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-etcd-"));
  const binary = await findEtcd(
    { environment: process.env, say: (line) => process.stderr.write(`${line}\n`) },
    { signal },
  );
  const pki = await ensureEtcdPki(join(folder, "pki"), { clock: realClock });
  const config: EtcdConfig = {
    binary: binary.path,
    dataDir: join(folder, "etcd"),
    logDir: join(folder, "logs"),
    certificates: pki.server,
    durability: "unsafe",
    ...options,
  };
  const deps = { clock: realClock, environment: process.env };
  let etcd = await startEtcd(config, deps, { signal });
  return {
    get etcd() {
      return etcd;
    },
    clientUrls: etcd.clientUrls,
    gateway: pki.gateway,
    folder,
    binary,
    async restart() {
      etcd = await startEtcd(config, deps, { signal: AbortSignal.timeout(60_000) });
      return etcd;
    },
    async stop() {
      await etcd.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
