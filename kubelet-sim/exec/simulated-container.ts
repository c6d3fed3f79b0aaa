import type { Container, EnvVar, Pod } from "../../api/generated/types.ts";
import { nameOf, namespaceOf, uidOf } from "../../api/meta.ts";
import { type ContainerView, type FileView, isFolder, noSuchFile } from "./program.ts";
import { findIn, programs } from "./programs.ts";

/** What an `exec` finds in a container of a simulated Pod. */
export function simulatedContainer(pod: Pod, container: Container): ContainerView {
  const hostname = hostnameOf(pod);
  return {
    hostname,
    env: environmentOf(pod, container, hostname),
    files: textFiles(filesOf(pod, hostname)),
    find: (name) => findIn(programs, name),
  };
}

function hostnameOf(pod: Pod): string {
  return pod.spec?.hostNetwork === true ? (pod.spec.nodeName ?? "") : (pod.spec?.hostname ?? nameOf(pod));
}

function environmentOf(pod: Pod, container: Container, hostname: string): Record<string, string> {
  const env: Record<string, string> = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOSTNAME: hostname,
  };
  for (const variable of container.env ?? []) {
    const value = variableValue(pod, variable);
    if (value !== undefined) env[variable.name] = value;
  }
  return { ...env, HOME: "/root" };
}

/** What of a Pod its own containers may be told. Values from ConfigMaps and Secrets are not simulated. */
const podFields: Readonly<Record<string, (pod: Pod) => string | undefined>> = {
  "metadata.name": nameOf,
  "metadata.namespace": namespaceOf,
  "metadata.uid": uidOf,
  "spec.nodeName": (pod) => pod.spec?.nodeName,
  "spec.serviceAccountName": (pod) => pod.spec?.serviceAccountName,
  "status.hostIP": (pod) => pod.status?.hostIP,
  "status.podIP": (pod) => pod.status?.podIP,
};

function variableValue(pod: Pod, { value, valueFrom }: EnvVar): string | undefined {
  const path = valueFrom?.fieldRef?.fieldPath;
  if (valueFrom === undefined) return value ?? "";
  return path !== undefined && Object.hasOwn(podFields, path) ? podFields[path]?.(pod) : undefined;
}

function filesOf(pod: Pod, hostname: string): ReadonlyMap<string, string> {
  const ip = pod.status?.podIP ?? "127.0.0.1";
  const account = "/var/run/secrets/kubernetes.io/serviceaccount";
  const search = `${namespaceOf(pod)}.svc.cluster.local svc.cluster.local cluster.local`;
  return new Map([
    ["/etc/hostname", `${hostname}\n`],
    ["/etc/hosts", `# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost\n${ip}\t${hostname}\n`],
    ["/etc/os-release", 'NAME="Gatehouse simulated Linux"\nID=gatehouse\n'],
    ["/etc/resolv.conf", `search ${search}\nnameserver 10.96.0.10\noptions ndots:5\n`],
    [`${account}/namespace`, namespaceOf(pod)],
  ]);
}

/** Files whose whole content is known; their folders are those that their paths name. */
export function textFiles(texts: ReadonlyMap<string, string>): FileView {
  const namesIn = (folder: string) => {
    const prefix = folder === "/" ? "/" : `${folder}/`;
    const inside = [...texts.keys()].filter((path) => path.startsWith(prefix));
    return [...new Set(inside.map((path) => path.slice(prefix.length).split("/")[0] ?? ""))].sort();
  };
  const read = async (path: string) => {
    const text = texts.get(path);
    if (text !== undefined) return Buffer.from(text);
    throw namesIn(path).length > 0 ? isFolder() : noSuchFile();
  };
  return {
    read,
    size: async (path) => (await read(path)).length,
    async list(path) {
      if (texts.has(path)) return [path];
      const names = namesIn(path);
      if (names.length === 0) throw noSuchFile();
      return names;
    },
  };
}
