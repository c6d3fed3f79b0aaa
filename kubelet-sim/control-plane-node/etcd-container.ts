import { join } from "node:path";
import type { ContainerView, Program } from "../exec/program.ts";
import { findIn, programs } from "../exec/programs.ts";
import type { EtcdTools } from "./config.ts";
import { etcdProgram } from "./etcd-program.ts";
import { PodFiles } from "./pod-files.ts";

const folder = "/etc/kubernetes/pki/etcd";
/**
 * The certificates that the documents of kubeadm name. There, etcd's own server certificate can also be used by a client; ours
 * cannot, so all of them are the one client certificate that etcd believes: the gateway's.
 */
const clientPairs = ["server", "peer", "healthcheck-client"].map((name) => `${folder}/${name}`);
const gatewayPair = "/etc/kubernetes/pki/apiserver-etcd-client";

function sharedFiles({ files }: EtcdTools): ReadonlyMap<string, string> {
  const shared = new Map([[`${folder}/ca.crt`, files.ca]]);
  for (const pair of [...clientPairs, gatewayPair]) {
    shared.set(`${pair}.crt`, files.cert);
    shared.set(`${pair}.key`, files.key);
  }
  return shared;
}

/** What an `exec` finds in a Pod of etcd: its tools as real processes, and the small programs of every simulated container. */
export function etcdContainer(options: {
  readonly pod: string;
  readonly hostname: string;
  readonly clientUrl: string;
  readonly tools: EtcdTools;
  /** Where Pods keep their files. */
  readonly folder: string;
}): ContainerView {
  const { pod, hostname, clientUrl, tools } = options;
  const files = new PodFiles(join(options.folder, pod), sharedFiles(tools));
  const own: Record<string, Program> = { ...programs };
  for (const name of ["etcdctl", "etcdutl"] as const) {
    const path = tools[name];
    if (path !== undefined) own[name] = etcdProgram({ name, path, clientUrl, files });
  }
  return {
    hostname,
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOSTNAME: hostname, HOME: "/root" },
    files,
    find: (name) => findIn(own, name),
  };
}

/** Images of the other components hold one program and nothing to look around with. */
export function bareContainer(hostname: string): ContainerView {
  const nothing = new PodFiles("/nonexistent", new Map());
  return { hostname, env: {}, files: nothing, find: () => undefined };
}
