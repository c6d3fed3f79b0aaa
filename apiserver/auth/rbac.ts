import type { ApiObject } from "../../api/meta.ts";
import type { UserInfo } from "../http/request-context.ts";
import type { CachedReader } from "../storage/storage.ts";
import type { Attributes, Decision } from "./attributes.ts";
import type { PolicyRule, Subject } from "./bootstrap/policy.ts";
import { ruleAllows } from "./rule-match.ts";

interface RoleObject extends ApiObject {
  rules?: PolicyRule[];
}

interface BindingObject extends ApiObject {
  subjects?: Subject[];
  roleRef?: { apiGroup?: string; kind: string; name: string };
}

/** What one binding grants one subject. */
interface Grant {
  /** Empty: in every namespace, cluster-wide and on paths. */
  readonly namespace: string;
  readonly binding: string;
  readonly role: string;
  /** undefined: the role does not exist. */
  readonly rules: readonly PolicyRule[] | undefined;
}

/** A rule that holds for a user, and where it comes from. */
export interface EffectiveRule {
  readonly rule: PolicyRule;
  readonly source: string;
}

/**
 * RBAC over the roles and bindings in memory. The index by subject is made anew at the first question after a change, so
 * a question costs a map look-up per group of the user and a walk over what the user was granted.
 *
 * @see kubernetes v1.36.3 plugin/pkg/auth/authorizer/rbac/rbac.go
 */
export class Rbac {
  readonly #cached: CachedReader;
  readonly #etcdPrefix: string;
  #grantsBySubject: Map<string, Grant[]> | undefined;
  readonly #stops: (() => void)[];

  constructor(options: { cached: CachedReader; etcdPrefix: string }) {
    this.#cached = options.cached;
    this.#etcdPrefix = options.etcdPrefix;
    const forget = () => {
      this.#grantsBySubject = undefined;
    };
    this.#stops = ["roles", "clusterroles", "rolebindings", "clusterrolebindings"].map((plural) =>
      this.#cached.onChange(`${options.etcdPrefix}/${plural}/`, forget),
    );
  }

  /** Ends listening for changes. */
  close(): void {
    for (const stop of this.#stops) stop();
  }

  authorize(user: UserInfo, attributes: Attributes): Decision {
    const missing: string[] = [];
    for (const grant of this.#grants(user, attributes.namespace)) {
      if (grant.rules === undefined) {
        missing.push(grant.role);
        continue;
      }
      for (const rule of grant.rules) {
        // Only what is granted everywhere reaches paths.
        if (!attributes.isResourceRequest && grant.namespace !== "") continue;
        if (ruleAllows(rule, attributes)) return { allowed: true, reason: `RBAC: allowed by ${grant.binding}` };
      }
    }
    return { allowed: false, reason: missing.length === 0 ? "" : missingRoles(missing) };
  }

  /** Everything a user may do in a namespace (`""`: cluster-wide only). */
  rulesFor(user: UserInfo, namespace: string): { rules: readonly EffectiveRule[]; error: string } {
    const rules: EffectiveRule[] = [];
    const missing: string[] = [];
    for (const grant of this.#grants(user, namespace)) {
      if (grant.rules === undefined) missing.push(grant.role);
      for (const rule of grant.rules ?? []) rules.push({ rule, source: grant.binding });
    }
    return { rules, error: missing.length === 0 ? "" : missingRoles(missing).slice("RBAC: ".length) };
  }

  /** The rules of the role a binding refers to; undefined if it does not exist. */
  roleRules(reference: { kind: string; name: string }, namespace: string): readonly PolicyRule[] | undefined {
    const key =
      reference.kind === "ClusterRole"
        ? `${this.#etcdPrefix}/clusterroles/${reference.name}`
        : `${this.#etcdPrefix}/roles/${namespace}/${reference.name}`;
    const role = this.#cached.get(key)?.object as RoleObject | undefined;
    return role === undefined ? undefined : (role.rules ?? []);
  }

  *#grants(user: UserInfo, namespace: string): Iterable<Grant> {
    this.#grantsBySubject ??= this.#index();
    for (const subject of subjectsOf(user)) {
      for (const grant of this.#grantsBySubject.get(subject) ?? []) {
        if (grant.namespace === "" || grant.namespace === namespace) yield grant;
      }
    }
  }

  #index(): Map<string, Grant[]> {
    const index = new Map<string, Grant[]>();
    for (const plural of ["clusterrolebindings", "rolebindings"]) {
      for (const stored of this.#cached.list(`${this.#etcdPrefix}/${plural}/`)) {
        this.#indexBinding(index, stored.object as BindingObject);
      }
    }
    return index;
  }

  #indexBinding(index: Map<string, Grant[]>, binding: BindingObject): void {
    const { roleRef, metadata } = binding;
    if (roleRef === undefined) return;
    const namespace = metadata?.namespace ?? "";
    const kind = namespace === "" ? "ClusterRoleBinding" : "RoleBinding";
    const name = namespace === "" ? metadata?.name : `${metadata?.name}/${namespace}`;
    const grant: Grant = {
      namespace,
      binding: `${kind} "${name}" of ${roleRef.kind} "${roleRef.name}"`,
      role: `${roleRef.kind.toLowerCase()}.rbac.authorization.k8s.io "${roleRef.name}"`,
      rules: this.roleRules(roleRef, namespace),
    };
    for (const subject of binding.subjects ?? []) {
      const key = subjectKey(subject, namespace);
      const grants = index.get(key);
      if (grants === undefined) index.set(key, [grant]);
      else grants.push(grant);
    }
  }
}

function missingRoles(roles: readonly string[]): string {
  const texts = [...new Set(roles)].map((role) => `${role} not found`);
  return texts.length === 1 ? `RBAC: ${texts[0]}` : `RBAC: [${texts.join(", ")}]`;
}

function subjectKey(subject: Subject, bindingNamespace: string): string {
  switch (subject.kind) {
    case "User":
      return `user:${subject.name}`;
    case "Group":
      return `group:${subject.name}`;
    case "ServiceAccount":
      return `user:system:serviceaccount:${subject.namespace ?? bindingNamespace}:${subject.name}`;
  }
}

function* subjectsOf(user: UserInfo): Iterable<string> {
  yield `user:${user.name}`;
  for (const group of user.groups) yield `group:${group}`;
}
