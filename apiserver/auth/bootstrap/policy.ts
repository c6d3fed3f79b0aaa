/** The shapes and the shorthand in which the bootstrap policy is written down. */

export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

export interface Subject {
  kind: "User" | "Group" | "ServiceAccount";
  name: string;
  namespace?: string;
  apiGroup?: string;
}

export interface BootstrapRole {
  readonly name: string;
  /** Only of a Role. */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** A ClusterRole whose rules are those of all ClusterRoles that carry this label as `"true"`. */
  readonly aggregates?: string;
  readonly rules: readonly PolicyRule[];
}

export interface BootstrapBinding {
  readonly name: string;
  /** Only of a RoleBinding. */
  readonly namespace?: string;
  /** Default: the binding's own name. */
  readonly role?: string;
  readonly subjects: readonly Subject[];
}

const words = (text: string) => text.split(" ");

/** All lists are separated by blanks; the core group is written `core`. */
export function rule(verbs: string, groups: string, resources: string, names?: string): PolicyRule {
  return {
    verbs: words(verbs),
    apiGroups: words(groups).map((group) => (group === "core" ? "" : group)),
    resources: words(resources),
    ...(names !== undefined && { resourceNames: words(names) }),
  };
}

export function urls(verbs: string, paths: string): PolicyRule {
  return { verbs: words(verbs), nonResourceURLs: words(paths) };
}

const rbacGroup = "rbac.authorization.k8s.io";

export const user = (name: string): Subject => ({ kind: "User", apiGroup: rbacGroup, name });
export const group = (name: string): Subject => ({ kind: "Group", apiGroup: rbacGroup, name });
export const serviceAccount = (namespace: string, name: string): Subject => ({
  kind: "ServiceAccount",
  name,
  namespace,
});
