import { type FieldError, invalidValue, notSupported, required } from "../../../api/field-errors.ts";
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding } from "../../../api/generated/types.ts";
import { equalJson, semanticallyEqual } from "../../../api/json.ts";
import { forbidden } from "../../../api/status.ts";
import type { EscalationCheck } from "../../auth/reviews.ts";
import { checkSubdomain } from "../meta/names.ts";
import type { Strategy } from "../strategy.ts";
import { labelSelectorErrors, oneOf, problems } from "./field-checks.ts";

const group = "rbac.authorization.k8s.io";

/** Messages show a roleRef by the names of upstream's internal type. */
const internalForm = ({ apiGroup, kind, name }: RoleBinding["roleRef"]) => ({
  APIGroup: apiGroup,
  Kind: kind,
  Name: name,
});

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/rbac/validation/validation.go, pkg/registry/rbac/role/policybased/storage.go */
export function roleStrategy<T extends Role | ClusterRole>(
  { plural, namespaced }: { plural: "roles" | "clusterroles"; namespaced: boolean },
  escalation: EscalationCheck | undefined,
): Strategy<T> {
  return {
    validate: (role) => [
      ...(role.rules ?? []).flatMap((rule, index) => ruleErrors(rule, `rules[${index}]`, namespaced)),
      ...aggregationErrors(role),
    ],
    async authorizeWrite(role, old, { user }) {
      if (old !== undefined && semanticallyEqual(role.rules, old.rules)) return;
      const { name = "", namespace = "" } = role.metadata ?? {};
      const refusal = escalation?.role(user, (role.rules ?? []) as Parameters<EscalationCheck["role"]>[1], {
        namespace,
        name,
      });
      if (refusal !== undefined) throw forbidden({ group, resource: plural }, name, refusal);
    },
  };
}

function aggregationErrors(role: Role | ClusterRole): FieldError[] {
  const rule = "aggregationRule" in role ? role.aggregationRule : undefined;
  if (rule === undefined) return [];
  const field = "aggregationRule.clusterRoleSelectors";
  const selectors = rule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) {
    return [required(field, "at least one clusterRoleSelector required if aggregationRule is non-nil")];
  }
  return selectors.flatMap((selector, index) => labelSelectorErrors(selector, `${field}[${index}]`));
}

function ruleErrors(rule: Readonly<PolicyRule>, field: string, namespaced: boolean): FieldError[] {
  const verbs = rule.verbs ?? [];
  const { apiGroups = [], resources = [], nonResourceURLs = [] } = rule;
  const errors: FieldError[] = [];
  if (verbs.length === 0) errors.push(required(`${field}.verbs`, "verbs must contain at least one value"));
  if (nonResourceURLs.length > 0) {
    if (namespaced) {
      errors.push({
        type: "FieldValueInvalid",
        field: `${field}.nonResourceURLs`,
        value: nonResourceURLs,
        detail: "namespaced rules cannot apply to non-resource URLs",
      });
    }
    if (apiGroups.length > 0 || resources.length > 0 || (rule.resourceNames ?? []).length > 0) {
      errors.push({
        type: "FieldValueInvalid",
        field: `${field}.nonResourceURLs`,
        value: nonResourceURLs,
        detail: "rules cannot apply to both regular resources and non-resource URLs",
      });
    }
    return errors;
  }
  if (apiGroups.length === 0)
    errors.push(required(`${field}.apiGroups`, "resource rules must supply at least one api group"));
  if (resources.length === 0)
    errors.push(required(`${field}.resources`, "resource rules must supply at least one resource"));
  return errors;
}

export function roleBindingStrategy<T extends RoleBinding | ClusterRoleBinding>(
  { plural, namespaced }: { plural: "rolebindings" | "clusterrolebindings"; namespaced: boolean },
  escalation: EscalationCheck | undefined,
): Strategy<T> {
  return {
    validate: (binding) => [...roleRefErrors(binding, namespaced), ...subjectErrors(binding, namespaced)],
    validateUpdate: ({ roleRef }, old) =>
      equalJson(roleRef, old.roleRef) ? [] : [invalidValue("roleRef", internalForm(roleRef), "cannot change roleRef")],
    async authorizeWrite(binding, old, { user }) {
      if (
        old !== undefined &&
        equalJson(binding.roleRef, old.roleRef) &&
        semanticallyEqual(binding.subjects, old.subjects)
      )
        return;
      const { name = "", namespace = "" } = binding.metadata ?? {};
      const refusal = escalation?.binding(user, binding.roleRef, { namespace });
      if (refusal !== undefined) throw forbidden({ group, resource: plural }, name, refusal);
    },
  };
}

function roleRefErrors({ roleRef }: RoleBinding | ClusterRoleBinding, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (roleRef?.apiGroup !== group) errors.push(notSupported("roleRef.apiGroup", roleRef?.apiGroup ?? "", [group]));
  const kinds = namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"];
  errors.push(...oneOf("roleRef.kind", roleRef?.kind ?? "", kinds));
  if (!roleRef?.name) errors.push(required("roleRef.name"));
  return errors;
}

function subjectErrors({ subjects = [] }: RoleBinding | ClusterRoleBinding, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { kind, name, namespace, apiGroup = "" }] of subjects.entries()) {
    const at = `subjects[${index}]`;
    if (!name) errors.push(required(`${at}.name`));
    if (kind === "ServiceAccount") {
      if (name) errors.push(...problems(`${at}.name`, name, checkSubdomain(name)));
      if (apiGroup !== "") errors.push(notSupported(`${at}.apiGroup`, apiGroup, [""]));
      if (!namespaced && !namespace) errors.push(required(`${at}.namespace`));
    } else if (kind === "User" || kind === "Group") {
      if (apiGroup !== group) errors.push(notSupported(`${at}.apiGroup`, apiGroup, [group]));
    } else {
      errors.push(...oneOf(`${at}.kind`, kind, ["ServiceAccount", "User", "Group"]));
    }
  }
  return errors;
}
