import type { ApiObject } from "../../../api/meta.ts";
import { clusterRoleBindings, roleBindings } from "./bindings.ts";
import { controllerRoles } from "./controller-roles.ts";
import { gatehouseBindings, gatehouseRoles } from "./gatehouse-roles.ts";
import { namespacedRoles } from "./namespaced-roles.ts";
import type { BootstrapBinding, BootstrapRole, PolicyRule, Subject } from "./policy.ts";
import { systemRoles } from "./system-roles.ts";
import { userFacingRoles } from "./user-facing-roles.ts";

export interface RbacObject extends ApiObject {
  rules?: PolicyRule[] | null;
  aggregationRule?: { clusterRoleSelectors: { matchLabels: Record<string, string> }[] };
  subjects?: Subject[];
  roleRef?: { apiGroup: string; kind: string; name: string };
}

/** An object of the bootstrap policy, as it is created where it is missing. */
export interface DesiredObject {
  readonly plural: "clusterroles" | "clusterrolebindings" | "roles" | "rolebindings";
  readonly object: RbacObject;
}

/** The whole bootstrap policy, roles before the bindings that name them. */
export function desiredPolicy(): DesiredObject[] {
  return [
    ...[...userFacingRoles, ...systemRoles, ...controllerRoles, ...gatehouseRoles].map(roleObject),
    ...[...clusterRoleBindings, ...gatehouseBindings].map(bindingObject),
    ...namespacedRoles.map(roleObject),
    ...roleBindings.map(bindingObject),
  ];
}

const apiVersion = "rbac.authorization.k8s.io/v1";

function metadata(row: BootstrapRole | BootstrapBinding, labels: Readonly<Record<string, string>> = {}) {
  return {
    name: row.name,
    ...(row.namespace !== undefined && { namespace: row.namespace }),
    annotations: { "rbac.authorization.kubernetes.io/autoupdate": "true" },
    labels: { "kubernetes.io/bootstrapping": "rbac-defaults", ...labels },
  };
}

function roleObject(row: BootstrapRole): DesiredObject {
  const common = { apiVersion, metadata: metadata(row, row.labels), rules: row.rules.map((rule) => ({ ...rule })) };
  if (row.namespace !== undefined) return { plural: "roles", object: { kind: "Role", ...common } };
  const { aggregates } = row;
  return {
    plural: "clusterroles",
    object: {
      kind: "ClusterRole",
      ...common,
      ...(aggregates !== undefined && {
        aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregates]: "true" } }] },
      }),
    },
  };
}

function bindingObject(row: BootstrapBinding): DesiredObject {
  const namespaced = row.namespace !== undefined;
  return {
    plural: namespaced ? "rolebindings" : "clusterrolebindings",
    object: {
      kind: namespaced ? "RoleBinding" : "ClusterRoleBinding",
      apiVersion,
      metadata: metadata(row),
      subjects: row.subjects.map((subject) => ({ ...subject })),
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: namespaced ? "Role" : "ClusterRole",
        name: row.role ?? row.name,
      },
    },
  };
}
