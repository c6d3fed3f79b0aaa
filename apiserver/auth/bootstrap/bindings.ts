import { type BootstrapBinding, group, serviceAccount, user } from "./policy.ts";

/** Who holds which cluster-wide role; `role` is the binding's own name unless said. */
export const clusterRoleBindings: readonly BootstrapBinding[] = [
  { name: "cluster-admin", subjects: [group("system:masters")] },
  { name: "system:basic-user", subjects: [group("system:authenticated")] },
  {
    name: "system:controller:attachdetach-controller",
    subjects: [serviceAccount("kube-system", "attachdetach-controller")],
  },
  {
    name: "system:controller:certificate-controller",
    subjects: [serviceAccount("kube-system", "certificate-controller")],
  },
  {
    name: "system:controller:clusterrole-aggregation-controller",
    subjects: [serviceAccount("kube-system", "clusterrole-aggregation-controller")],
  },
  { name: "system:controller:cronjob-controller", subjects: [serviceAccount("kube-system", "cronjob-controller")] },
  {
    name: "system:controller:daemon-set-controller",
    subjects: [serviceAccount("kube-system", "daemon-set-controller")],
  },
  {
    name: "system:controller:deployment-controller",
    subjects: [serviceAccount("kube-system", "deployment-controller")],
  },
  {
    name: "system:controller:device-taint-eviction-controller",
    subjects: [serviceAccount("kube-system", "device-taint-eviction-controller")],
  },
  {
    name: "system:controller:disruption-controller",
    subjects: [serviceAccount("kube-system", "disruption-controller")],
  },
  { name: "system:controller:endpoint-controller", subjects: [serviceAccount("kube-system", "endpoint-controller")] },
  {
    name: "system:controller:endpointslice-controller",
    subjects: [serviceAccount("kube-system", "endpointslice-controller")],
  },
  {
    name: "system:controller:endpointslicemirroring-controller",
    subjects: [serviceAccount("kube-system", "endpointslicemirroring-controller")],
  },
  {
    name: "system:controller:ephemeral-volume-controller",
    subjects: [serviceAccount("kube-system", "ephemeral-volume-controller")],
  },
  { name: "system:controller:expand-controller", subjects: [serviceAccount("kube-system", "expand-controller")] },
  {
    name: "system:controller:generic-garbage-collector",
    subjects: [serviceAccount("kube-system", "generic-garbage-collector")],
  },
  {
    name: "system:controller:horizontal-pod-autoscaler",
    subjects: [serviceAccount("kube-system", "horizontal-pod-autoscaler")],
  },
  { name: "system:controller:job-controller", subjects: [serviceAccount("kube-system", "job-controller")] },
  {
    name: "system:controller:legacy-service-account-token-cleaner",
    subjects: [serviceAccount("kube-system", "legacy-service-account-token-cleaner")],
  },
  { name: "system:controller:namespace-controller", subjects: [serviceAccount("kube-system", "namespace-controller")] },
  { name: "system:controller:node-controller", subjects: [serviceAccount("kube-system", "node-controller")] },
  {
    name: "system:controller:persistent-volume-binder",
    subjects: [serviceAccount("kube-system", "persistent-volume-binder")],
  },
  {
    name: "system:controller:pod-garbage-collector",
    subjects: [serviceAccount("kube-system", "pod-garbage-collector")],
  },
  {
    name: "system:controller:pv-protection-controller",
    subjects: [serviceAccount("kube-system", "pv-protection-controller")],
  },
  {
    name: "system:controller:pvc-protection-controller",
    subjects: [serviceAccount("kube-system", "pvc-protection-controller")],
  },
  {
    name: "system:controller:replicaset-controller",
    subjects: [serviceAccount("kube-system", "replicaset-controller")],
  },
  {
    name: "system:controller:replication-controller",
    subjects: [serviceAccount("kube-system", "replication-controller")],
  },
  {
    name: "system:controller:resource-claim-controller",
    subjects: [serviceAccount("kube-system", "resource-claim-controller")],
  },
  {
    name: "system:controller:resourcequota-controller",
    subjects: [serviceAccount("kube-system", "resourcequota-controller")],
  },
  {
    name: "system:controller:root-ca-cert-publisher",
    subjects: [serviceAccount("kube-system", "root-ca-cert-publisher")],
  },
  { name: "system:controller:route-controller", subjects: [serviceAccount("kube-system", "route-controller")] },
  {
    name: "system:controller:selinux-warning-controller",
    subjects: [serviceAccount("kube-system", "selinux-warning-controller")],
  },
  {
    name: "system:controller:service-account-controller",
    subjects: [serviceAccount("kube-system", "service-account-controller")],
  },
  {
    name: "system:controller:service-cidrs-controller",
    subjects: [serviceAccount("kube-system", "service-cidrs-controller")],
  },
  { name: "system:controller:service-controller", subjects: [serviceAccount("kube-system", "service-controller")] },
  {
    name: "system:controller:statefulset-controller",
    subjects: [serviceAccount("kube-system", "statefulset-controller")],
  },
  {
    name: "system:controller:ttl-after-finished-controller",
    subjects: [serviceAccount("kube-system", "ttl-after-finished-controller")],
  },
  { name: "system:controller:ttl-controller", subjects: [serviceAccount("kube-system", "ttl-controller")] },
  {
    name: "system:controller:validatingadmissionpolicy-status-controller",
    subjects: [serviceAccount("kube-system", "validatingadmissionpolicy-status-controller")],
  },
  {
    name: "system:controller:volumeattributesclass-protection-controller",
    subjects: [serviceAccount("kube-system", "volumeattributesclass-protection-controller")],
  },
  { name: "system:discovery", subjects: [group("system:authenticated")] },
  { name: "system:kube-controller-manager", subjects: [user("system:kube-controller-manager")] },
  { name: "system:kube-dns", subjects: [serviceAccount("kube-system", "kube-dns")] },
  { name: "system:kube-scheduler", subjects: [user("system:kube-scheduler")] },
  { name: "system:monitoring", subjects: [group("system:monitoring")] },
  { name: "system:node", subjects: [] },
  { name: "system:node-proxier", subjects: [user("system:kube-proxy")] },
  { name: "system:public-info-viewer", subjects: [group("system:authenticated"), group("system:unauthenticated")] },
  { name: "system:service-account-issuer-discovery", subjects: [group("system:serviceaccounts")] },
  { name: "system:volume-scheduler", subjects: [user("system:kube-scheduler")] },
];

/** Bindings of the namespaced roles. */
export const roleBindings: readonly BootstrapBinding[] = [
  {
    name: "system:controller:bootstrap-signer",
    namespace: "kube-public",
    subjects: [serviceAccount("kube-system", "bootstrap-signer")],
  },
  {
    name: "system::extension-apiserver-authentication-reader",
    namespace: "kube-system",
    role: "extension-apiserver-authentication-reader",
    subjects: [user("system:kube-controller-manager"), user("system:kube-scheduler")],
  },
  {
    name: "system::leader-locking-kube-controller-manager",
    namespace: "kube-system",
    subjects: [
      user("system:kube-controller-manager"),
      serviceAccount("kube-system", "kube-controller-manager"),
      serviceAccount("kube-system", "leader-election-controller"),
    ],
  },
  {
    name: "system::leader-locking-kube-scheduler",
    namespace: "kube-system",
    subjects: [user("system:kube-scheduler"), serviceAccount("kube-system", "kube-scheduler")],
  },
  {
    name: "system:controller:bootstrap-signer",
    namespace: "kube-system",
    subjects: [serviceAccount("kube-system", "bootstrap-signer")],
  },
  {
    name: "system:controller:cloud-provider",
    namespace: "kube-system",
    subjects: [serviceAccount("kube-system", "cloud-provider")],
  },
  {
    name: "system:controller:token-cleaner",
    namespace: "kube-system",
    subjects: [serviceAccount("kube-system", "token-cleaner")],
  },
];
