import { type BootstrapBinding, type BootstrapRole, rule, urls, user } from "./policy.ts";

/**
 * What our own components may do beyond upstream's roles for them: all controllers share one identity, and all simulated
 * kubelets share another, so each gets one role with what its loops need, and no more. And roles for who looks after etcd.
 */
export const gatehouseRoles: readonly BootstrapRole[] = [
  {
    name: "gatehouse:kube-controller-manager",
    rules: [
      // Garbage collector and namespace controller work on every kind there is.
      rule("get list watch patch update delete deletecollection", "*", "*"),
      rule("create", "core", "pods serviceaccounts configmaps endpoints secrets"),
      rule("create patch update", "core events.k8s.io", "events"),
      rule("create", "apps", "replicasets controllerrevisions"),
      rule("create", "discovery.k8s.io", "endpointslices"),
      rule("create", "coordination.k8s.io", "leases"),
      // Aggregation copies rules that the controller itself does not hold.
      rule("escalate", "rbac.authorization.k8s.io", "clusterroles"),
      rule("update", "core", "namespaces/finalize namespaces/status pods/status nodes/status"),
    ],
  },
  {
    name: "gatehouse:kubelet-sim",
    rules: [
      rule("create get list watch update patch", "core", "nodes"),
      rule("update patch", "core", "nodes/status pods/status"),
      rule("get list watch delete", "core", "pods"),
      rule("create patch update", "core events.k8s.io", "events"),
      rule("create get list watch update patch", "coordination.k8s.io", "leases"),
    ],
  },
  // The kubelet of the machine that the control plane runs on: its own node, and mirror Pods in kube-system.
  {
    name: "gatehouse:control-plane-node",
    rules: [
      rule("create", "core", "nodes"),
      rule("get list watch update patch", "core", "nodes", "control-plane"),
      rule("update patch", "core", "nodes/status", "control-plane"),
      rule("get list watch delete", "core", "pods"),
      rule("update patch", "core", "pods/status"),
      rule("create patch update", "core events.k8s.io", "events"),
      rule("create", "coordination.k8s.io", "leases"),
      rule("get update patch", "coordination.k8s.io", "leases", "control-plane"),
    ],
  },
  {
    name: "gatehouse:control-plane-node",
    namespace: "kube-system",
    rules: [rule("create", "core", "pods")],
  },
  // Bound to nobody at first. The operator's reaches everything in etcd: a snapshot has all Secrets in it.
  {
    name: "gatehouse:etcd-viewer",
    rules: [
      urls(
        "get",
        "/gatehouse/v1/etcd/status /gatehouse/v1/etcd/members /gatehouse/v1/etcd/alarms /gatehouse/v1/etcd/hash",
      ),
    ],
  },
  {
    name: "gatehouse:etcd-operator",
    rules: [urls("get post put delete", "/gatehouse/v1/etcd/*")],
  },
];

export const gatehouseBindings: readonly BootstrapBinding[] = [
  { name: "gatehouse:kube-controller-manager", subjects: [user("system:kube-controller-manager")] },
  { name: "gatehouse:kubelet-sim", subjects: [user("system:kubelet-sim")] },
  { name: "gatehouse:control-plane-node", subjects: [user("system:node:control-plane")] },
  {
    name: "gatehouse:control-plane-node",
    namespace: "kube-system",
    subjects: [user("system:node:control-plane")],
  },
];
