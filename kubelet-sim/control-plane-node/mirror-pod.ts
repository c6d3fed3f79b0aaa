import { createHash } from "node:crypto";
import type { Container, Node, Pod, PodSpec } from "../../api/generated/types.ts";
import { nameOf, uidOf } from "../../api/meta.ts";
import type { ProcessInfo } from "../../component-base/process-table.ts";
import type { ControlPlaneNodeConfig, MountedPath } from "./config.ts";
import { imageOf, type Role, roles } from "./roles.ts";

export const mirrorNamespace = "kube-system";
export const mirrorAnnotation = "kubernetes.io/config.mirror";

/** A process that is shown as a Pod. */
export interface StaticPod {
  readonly process: ProcessInfo;
  readonly role: Role;
  readonly name: string;
  readonly spec: PodSpec;
  /** Of the spec: what the kubelet knows the Pod by. */
  readonly hash: string;
}

/** The Pod of a process; undefined for one that is none, and for an etcd of which not all is known yet. */
export function staticPod(
  process: ProcessInfo,
  nodeName: string,
  config: Pick<ControlPlaneNodeConfig, "mountedPaths">,
): StaticPod | undefined {
  const role = roles[process.row];
  if (role === undefined || (process.row === "etcd" && process.version === undefined)) return undefined;
  const spec = specOf(process, role, nodeName, config);
  const hash = createHash("md5").update(JSON.stringify(spec)).digest("hex");
  return { process, role, name: `${role.name}-${nodeName}${suffixOf(process.name)}`, spec, hash };
}

/** `etcd-1`, `scheduler` → nothing; `scheduler-2` → `-2`. */
function suffixOf(processName: string): string {
  const [suffix = "", number] = /-(\d+)$/.exec(processName) ?? [];
  return number === "1" ? "" : suffix;
}

function specOf(
  process: ProcessInfo,
  role: Role,
  nodeName: string,
  { mountedPaths }: Pick<ControlPlaneNodeConfig, "mountedPaths">,
): PodSpec {
  const volumes = Object.entries(role.volumes);
  const container: Container = {
    name: role.name,
    image: imageOf(role, process.version),
    imagePullPolicy: "IfNotPresent",
    command: [role.name, ...argumentsOf(process).map((word) => asInPod(word, mountedPaths))],
    resources: { requests: { ...role.requests } },
    volumeMounts: volumes.map(([name, mountPath]) => ({ name, mountPath, readOnly: name !== "etcd-data" })),
  };
  return {
    containers: [container],
    volumes: volumes.map(([name, path]) => ({
      name,
      hostPath: { path, type: path.endsWith(".conf") ? "FileOrCreate" : "DirectoryOrCreate" },
    })),
    nodeName,
    hostNetwork: true,
    priorityClassName: "system-node-critical",
    restartPolicy: "Always",
    securityContext: { seccompProfile: { type: "RuntimeDefault" } },
    tolerations: [{ effect: "NoExecute", operator: "Exists" }],
  };
}

/** Without the program, and without the script that Node runs. */
function argumentsOf({ commandLine }: ProcessInfo): readonly string[] {
  const first = commandLine.findIndex((word) => word.startsWith("-"));
  return first < 0 ? [] : commandLine.slice(first);
}

function asInPod(word: string, mountedPaths: readonly MountedPath[]): string {
  const shown = word.replace(/^--data-dir=.*$/, "--data-dir=/var/lib/etcd");
  return mountedPaths.reduce((text, { onMachine, inPod }) => text.replaceAll(onMachine, inPod), shown);
}

/** The Pod as the kubelet shows it to the API server. @see k8s.io/kubernetes v1.36.0 pkg/kubelet/pod/mirror_client.go */
export function mirrorPod(pod: StaticPod, node: Readonly<Node>, seen: string): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: pod.name,
      namespace: mirrorNamespace,
      labels: { component: pod.role.name, tier: "control-plane" },
      annotations: {
        ...addressAnnotation(pod),
        "kubernetes.io/config.hash": pod.hash,
        [mirrorAnnotation]: pod.hash,
        "kubernetes.io/config.seen": seen,
        "kubernetes.io/config.source": "file",
      },
      ownerReferences: [{ apiVersion: "v1", kind: "Node", name: nameOf(node), uid: uidOf(node), controller: true }],
    },
    spec: pod.spec,
  };
}

function addressAnnotation({ process, role }: StaticPod): Record<string, string> {
  if (process.clientUrl !== undefined) {
    return { "kubeadm.kubernetes.io/etcd.advertise-client-urls": process.clientUrl };
  }
  const port = process.commandLine.map((word) => /^--secure-port=(\d+)$/.exec(word)?.[1]).find(Boolean);
  if (role.name !== "kube-apiserver" || port === undefined) return {};
  return { "kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint": `127.0.0.1:${port}` };
}
