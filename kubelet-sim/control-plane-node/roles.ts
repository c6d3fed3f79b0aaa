import type { ProcessRow } from "../../component-base/process-table.ts";

/** What one kind of process is as a static Pod. @see k8s.io/kubernetes v1.36.0 cmd/kubeadm/app/phases/controlplane/manifests.go */
export interface Role {
  /** Of the Pod (before the node's name), its container, its program and its label `component`. */
  readonly name: string;
  readonly requests: Readonly<Record<string, string>>;
  /** Host paths that its Pod mounts: name of the volume, path. */
  readonly volumes: Readonly<Record<string, string>>;
}

const certificates = "/etc/kubernetes/pki";

/** Processes without a row are no Pods: kubelets. */
export const roles: { readonly [row in ProcessRow]?: Role } = {
  etcd: {
    name: "etcd",
    requests: { cpu: "100m", memory: "100Mi" },
    volumes: { "etcd-certs": `${certificates}/etcd`, "etcd-data": "/var/lib/etcd" },
  },
  apiserver: { name: "kube-apiserver", requests: { cpu: "250m" }, volumes: { "k8s-certs": certificates } },
  controller: {
    name: "kube-controller-manager",
    requests: { cpu: "200m" },
    volumes: { "k8s-certs": certificates, kubeconfig: "/etc/kubernetes/controller-manager.conf" },
  },
  scheduler: {
    name: "kube-scheduler",
    requests: { cpu: "100m" },
    volumes: { kubeconfig: "/etc/kubernetes/scheduler.conf" },
  },
};

const kubernetesVersion = "v1.36.0";

export function imageOf(role: Role, version: string | undefined): string {
  const tag = version === undefined ? kubernetesVersion : `${version}-0`;
  return `registry.k8s.io/${role.name}:${tag}`;
}
