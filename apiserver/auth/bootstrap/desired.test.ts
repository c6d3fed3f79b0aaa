import { expect, test } from "vitest";
import { desiredPolicy } from "./desired.ts";

const policy = desiredPolicy();
const find = (plural: string, name: string) =>
  policy.find((desired) => desired.plural === plural && desired.object.metadata?.name === name)?.object;

test("no object stands twice", () => {
  const keys = policy.map(({ plural, object }) => `${plural}/${object.metadata?.namespace}/${object.metadata?.name}`);
  expect(new Set(keys).size).toBe(keys.length);
});

test("every binding names a role of the policy", () => {
  for (const { plural, object } of policy) {
    if (object.roleRef === undefined) continue;
    const roles = plural === "clusterrolebindings" ? "clusterroles" : "roles";
    expect(find(roles, object.roleRef.name), object.metadata?.name).toBeDefined();
  }
});

test("cluster-admin is everything, for system:masters", () => {
  expect(find("clusterroles", "cluster-admin")?.rules).toEqual([
    { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
    { verbs: ["*"], nonResourceURLs: ["*"] },
  ]);
  expect(find("clusterrolebindings", "cluster-admin")?.subjects).toEqual([
    { kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: "system:masters" },
  ]);
});

test("system:node is bound to nobody", () => {
  expect(find("clusterrolebindings", "system:node")?.subjects).toEqual([]);
});

test("view is aggregated and shows no Secrets", () => {
  expect(find("clusterroles", "view")?.aggregationRule).toEqual({
    clusterRoleSelectors: [{ matchLabels: { "rbac.authorization.k8s.io/aggregate-to-view": "true" } }],
  });
  const rules = find("clusterroles", "system:aggregate-to-view")?.rules ?? [];
  expect(rules.some((rule) => rule.resources?.includes("secrets"))).toBe(false);
});
