import { spawn } from "node:child_process";
import { join } from "node:path";
import { cacheFolder } from "../etcd/cache-folder.ts";
import { findEtcd, onPath } from "../etcd/find.ts";
import type { DataDir } from "./data-dir.ts";
import { readPlaneFacts } from "./plane-file.ts";
import { UserError } from "./user-error.ts";

/**
 * `gatehouse etcdctl`: stock etcdctl on the plane's etcd, with the gateway's own certificate. For study: nothing else in
 * Gatehouse reaches etcd past the gateway, and a write made here is a write that the gateway did not make.
 *
 * @returns etcdctl's exit code
 */
export async function etcdctl(folder: DataDir, words: readonly string[]): Promise<number> {
  const facts = readPlaneFacts(folder);
  const program = await findEtcdctl();
  console.error(
    "gatehouse: *** etcdctl runs with the API server's own certificate, past authentication, authorization and audit. ***\n" +
      "gatehouse: *** Reading is for study. Never write: the control plane relies on making every change itself.        ***",
  );
  const { ca, cert, key } = facts.etcdFiles;
  const flags = [
    ...(words.some((word) => word.startsWith("--endpoints"))
      ? []
      : [`--endpoints=${endpoints(facts.etcdServers, words)}`]),
    ...(ca === "" ? [] : [`--cacert=${ca}`]),
    ...(cert === "" ? [] : [`--cert=${cert}`]),
    ...(key === "" ? [] : [`--key=${key}`]),
  ];
  const child = spawn(program, [...flags, ...words], {
    stdio: "inherit",
    env: { ...withoutEtcdctlVariables(process.env), ETCDCTL_API: "3" },
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

async function findEtcdctl(): Promise<string> {
  const deps = { environment: process.env, say: (line: string) => console.error(`gatehouse: ${line}`) };
  const etcd = await findEtcd(deps, { signal: AbortSignal.timeout(120_000) });
  const cached = onPath("etcdctl", { PATH: join(cacheFolder(process.env), "etcd") });
  const program = etcd.etcdctl ?? onPath("etcdctl", process.env)[0] ?? cached[0];
  if (program !== undefined) return program;
  throw new UserError(`there is no etcdctl beside ${etcd.path} nor on PATH: install etcd's client`);
}

/** ETCDCTL_… variables would contradict the flags. */
function withoutEtcdctlVariables(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("ETCDCTL_")));
}

/** All members, but for what etcdctl does with one only. */
function endpoints(servers: readonly string[], words: readonly string[]): string {
  return words[0] === "snapshot" ? (servers[0] ?? "") : servers.join(",");
}
