import type { HealthCheck } from "./health.ts";

/** Steps of kube-apiserver's start that tools look for by name; here they are done before the port is opened. */
const postStartHooks = [
  "start-apiserver-admission-initializer",
  "generic-apiserver-start-informers",
  "priority-and-fairness-config-consumer",
  "priority-and-fairness-filter",
  "storage-object-count-tracker-hook",
  "start-apiextensions-informers",
  "start-apiextensions-controllers",
  "crd-informer-synced",
  "start-system-namespaces-controller",
  "peer-endpoint-reconciler-controller",
  "start-cluster-authentication-info-controller",
  "start-kube-apiserver-identity-lease-controller",
  "start-kube-apiserver-identity-lease-garbage-collector",
  "storage-readiness",
  "start-legacy-token-tracking-controller",
  "start-service-ip-repair-controllers",
  "rbac/bootstrap-roles",
  "scheduling/bootstrap-system-priority-classes",
  "priority-and-fairness-config-producer",
  "bootstrap-controller",
  "start-kubernetes-service-cidr-controller",
  "start-kube-aggregator-informers",
  "apiservice-status-local-available-controller",
  "apiservice-status-remote-available-controller",
  "apiservice-registration-controller",
  "apiservice-discovery-controller",
  "kube-apiserver-autoregistration",
];

export interface Health {
  /** Whether etcd answers; it is asked at most once a second, and has two to answer. */
  readonly storageHealthy: () => Promise<boolean>;
  readonly started: () => boolean;
  readonly shuttingDown: () => boolean;
}

/** The checks of a gateway, by the names and in the order that kube-apiserver prints them. */
export function healthChecks(health: Health): HealthCheck[] {
  const etcd = async () => {
    if (!(await health.storageHealthy())) throw new Error("etcd does not answer");
  };
  const started = () => {
    if (!health.started()) throw new Error("not finished");
  };
  const fine = () => undefined;
  return [
    { name: "ping", check: fine },
    { name: "log", check: fine },
    { name: "loopback-serving-certificate", endpoints: ["livez", "healthz"], check: fine },
    { name: "etcd", check: etcd },
    { name: "etcd-readiness", endpoints: ["readyz"], check: etcd },
    { name: "informer-sync", endpoints: ["readyz"], check: started },
    ...postStartHooks.map((name) => ({ name: `poststarthook/${name}`, check: started })),
    { name: "autoregister-completion", check: started },
    { name: "poststarthook/apiservice-openapi-controller", check: started },
    { name: "poststarthook/apiservice-openapiv3-controller", check: started },
    {
      name: "shutdown",
      endpoints: ["readyz"],
      check: () => {
        if (health.shuttingDown()) throw new Error("process is shutting down");
      },
    },
  ];
}
