import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../component-base/clock.ts";
import { ensureClusterPki } from "../../component-base/cluster-pki.ts";
import { freePorts, isPortFree } from "../../component-base/free-port.ts";
import { writeKubeconfig } from "../../component-base/kubeconfig-file.ts";
import { errorCode, makePrivateFolder } from "../../component-base/secret-file.ts";
import type { DataDir } from "../data-dir.ts";
import { UserError } from "../user-error.ts";
import { componentKubeconfig, componentRows } from "./components.ts";
import type { UpConfig } from "./up-flags.ts";

/**
 * Folders with the rights they need.
 * @throws UserError when they cannot be made or written
 */
export function makeFolders(folder: DataDir): void {
  try {
    makePrivateFolder(folder.root);
    for (const path of [folder.components, folder.pki, folder.run, folder.etcd]) makePrivateFolder(path);
    mkdirSync(folder.logs, { recursive: true });
    for (const path of Object.values(folder)) if (existsSync(path)) accessSync(path, constants.W_OK);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`${folder.root} cannot be the data directory: ${reason}`, { cause: error });
  }
}

const problemsOfListening: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: "this machine has no such address (--bind-address)",
  EACCES: "the system does not allow it (--secure-port)",
};

/**
 * The port that clients use: the one that was asked for, or a free one for 0. With several gateways one for each of them
 * follows.
 * @throws UserError when it is taken, or may not be
 */
export async function choosePorts(config: UpConfig): Promise<readonly number[]> {
  const { bindAddress: host, securePort, apiservers } = config;
  const own = apiservers > 1 ? apiservers : 0;
  try {
    if (securePort === 0) return await freePorts(1 + own, { host });
    if (await isPortFree(securePort, { host })) return [securePort, ...(await freePorts(own, { host }))];
  } catch (error) {
    const reason = problemsOfListening[errorCode(error) ?? ""];
    if (reason === undefined) throw error;
    throw new UserError(`cannot listen on ${host}, port ${securePort}: ${reason}`, { cause: error });
  }
  throw new UserError(
    `port ${securePort} on ${host} is in use by another program: choose another with --secure-port (0 takes a free one)`,
  );
}

/** The cluster's certificates and the kubeconfigs of the administrator and of every component. */
export async function makeCredentials(
  config: UpConfig,
  folder: DataDir,
  server: string,
  deps: { readonly clock: Clock },
) {
  const users = componentRows.flatMap((row) => (row.user === undefined ? [] : [{ name: row.name, ...row.user }]));
  const node = { name: "control-plane-node", commonName: "system:node:control-plane", organizations: ["system:nodes"] };
  const admin = { name: "admin", commonName: "admin", organizations: ["system:masters"] };
  const host = config.bindAddress;
  const pki = await ensureClusterPki(
    folder.pki,
    {
      users: [admin, node, ...users],
      serviceIp: firstAddress(config.serviceClusterIpRange),
      serverNames: { ipAddresses: isAnyAddress(host) ? [] : [host] },
    },
    deps,
  );
  const write = (file: string, name: string) => {
    const user = pki.users.get(name);
    if (user !== undefined) writeKubeconfig(file, { server, ca: pki.ca, user });
  };
  write(folder.kubeconfig, admin.name);
  write(controlPlaneNodeKubeconfig(folder), node.name);
  for (const row of componentRows) write(componentKubeconfig(folder, row), row.name);
  return pki;
}

export const controlPlaneNodeKubeconfig = (folder: DataDir) => join(folder.components, "control-plane-node.kubeconfig");

/** Where clients on this machine reach the API server. */
export function serverUrl(config: UpConfig, securePort: number): string {
  const host = isAnyAddress(config.bindAddress) ? "127.0.0.1" : config.bindAddress;
  return `https://${host.includes(":") ? `[${host}]` : host}:${securePort}`;
}

function isAnyAddress(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** The first usable address of an IPv4 range: `10.96.0.0/12` → `10.96.0.1`. */
function firstAddress(range: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = (range.split("/")[0] ?? "").split(".").map(Number);
  return [a, b, c, d + 1].join(".");
}
