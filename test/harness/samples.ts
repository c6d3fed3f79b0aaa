import type { Kind } from "../../api/kind.ts";
import type { ApiObject } from "../../api/meta.ts";

const podTemplate = {
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "web", image: "nginx:1.27" }] },
};
const workload = { replicas: 2, selector: { matchLabels: { app: "web" } }, template: podTemplate };
const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" };
const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }];

/** What a valid object of each kind has besides its name. */
const contents: Readonly<Record<string, Record<string, unknown>>> = {
  "v1/Pod": { spec: podTemplate.spec },
  "v1/ConfigMap": { data: { key: "value" } },
  "v1/Secret": { data: { key: "dmFsdWU=" } },
  "v1/Service": { spec: { selector: { app: "web" }, ports: [{ port: 80 }] } },
  "v1/Endpoints": { subsets: [{ addresses: [{ ip: "10.1.2.3" }], ports: [{ port: 80 }] }] },
  "v1/Event": { involvedObject: { kind: "Pod", namespace: "default", name: "web" }, reason: "Started", type: "Normal" },
  "events.k8s.io/v1/Event": {
    regarding: { kind: "Pod", namespace: "default", name: "web" },
    reason: "Started",
    action: "Start",
    type: "Normal",
    reportingController: "test/controller",
    reportingInstance: "test-0",
    eventTime: "2026-01-01T00:00:00.000000Z",
  },
  "apps/v1/Deployment": { spec: workload },
  "apps/v1/ReplicaSet": { spec: workload },
  "apps/v1/ControllerRevision": { data: { a: 1 }, revision: 1 },
  "networking.k8s.io/v1/IPAddress": {
    spec: { parentRef: { resource: "services", namespace: "default", name: "web" } },
  },
  "rbac.authorization.k8s.io/v1/Role": { rules },
  "rbac.authorization.k8s.io/v1/ClusterRole": { rules },
  "rbac.authorization.k8s.io/v1/RoleBinding": { roleRef, subjects: [] },
  "rbac.authorization.k8s.io/v1/ClusterRoleBinding": { roleRef, subjects: [] },
  "scheduling.k8s.io/v1/PriorityClass": { value: 1000 },
  "coordination.k8s.io/v1/Lease": { spec: { holderIdentity: "me", leaseDurationSeconds: 15 } },
  "discovery.k8s.io/v1/EndpointSlice": { addressType: "IPv4", endpoints: [{ addresses: ["10.1.2.3"] }], ports: [] },
};

/** A valid object of a kind. */
export function sampleOf(kind: Kind): ApiObject {
  const name = kind.kind === "IPAddress" ? "10.96.1.1" : "sample";
  const key = `${kind.apiVersion}/${kind.kind}`;
  return { kind: kind.kind, apiVersion: kind.apiVersion, metadata: { name }, ...structuredClone(contents[key] ?? {}) };
}
