import { describe, expect, test } from "vitest";
import type { ApiObject } from "../../api/meta.ts";
import type { UserInfo } from "../http/request-context.ts";
import type { CachedReader, StoredObject, WatchEvent } from "../storage/storage.ts";
import type { Attributes } from "./attributes.ts";
import { createAuthorizer } from "./authorizer.ts";
import { Rbac } from "./rbac.ts";
import { createEscalationCheck } from "./reviews.ts";

/** Objects by key, with the change notice that Rbac listens for. */
class Objects implements CachedReader {
  readonly #byKey = new Map<string, StoredObject>();
  readonly #listeners: { prefix: string; callback: (event: WatchEvent) => void }[] = [];

  put(storageKey: string, object: ApiObject): void {
    const bytes = () => Buffer.from(JSON.stringify(object));
    const stored: StoredObject = { storageKey, revision: 1n, object, bytes, itemBytes: bytes };
    this.#byKey.set(storageKey, stored);
    const event: WatchEvent = { type: "ADDED", revision: 1n, object: stored, line: bytes };
    for (const { prefix, callback } of this.#listeners) if (storageKey.startsWith(prefix)) callback(event);
  }
  get(storageKey: string) {
    return this.#byKey.get(storageKey);
  }
  list(prefix: string) {
    return [...this.#byKey.values()].filter((stored) => stored.storageKey.startsWith(prefix));
  }
  onChange(prefix: string, callback: (event: WatchEvent) => void) {
    this.#listeners.push({ prefix, callback });
    return () => undefined;
  }
}

const user = (name: string, ...groups: string[]): UserInfo => ({ name, groups, extra: {} });
const get = (resource: string, namespace: string): Attributes => ({
  isResourceRequest: true,
  verb: "get",
  path: "",
  group: "",
  version: "v1",
  namespace,
  resource,
  subresource: "",
  name: "x",
});
const getPath: Attributes = { ...get("", ""), isResourceRequest: false, path: "/metrics" };

function setUp() {
  const objects = new Objects();
  const rbac = new Rbac({ cached: objects, etcdPrefix: "/registry" });
  const reader = {
    rules: [
      { verbs: ["get"], apiGroups: [""], resources: ["pods"] },
      { verbs: ["get"], nonResourceURLs: ["/metrics"] },
    ],
  };
  objects.put("/registry/clusterroles/reader", { metadata: { name: "reader" }, ...reader } as ApiObject);
  const bind = (key: string, metadata: object, subject: object, role = "reader") =>
    objects.put(key, { metadata, subjects: [subject], roleRef: { kind: "ClusterRole", name: role } } as ApiObject);
  return { objects, rbac, authorizer: createAuthorizer(rbac), bind };
}

describe("Rbac", () => {
  test("a binding made later counts at once", () => {
    const { authorizer, bind } = setUp();
    expect(authorizer.authorize(user("jane"), get("pods", "a")).allowed).toBe(false);
    bind("/registry/clusterrolebindings/b", { name: "b" }, { kind: "User", name: "jane" });
    expect(authorizer.authorize(user("jane"), get("pods", "a")).allowed).toBe(true);
    expect(authorizer.authorize(user("jane"), getPath).allowed).toBe(true);
    expect(authorizer.authorize(user("joe"), get("pods", "a")).allowed).toBe(false);
  });

  test("a ClusterRole in a RoleBinding holds in that namespace only, and grants no paths", () => {
    const { authorizer, bind } = setUp();
    bind("/registry/rolebindings/a/b", { name: "b", namespace: "a" }, { kind: "Group", name: "team" });
    const jane = user("jane", "team");
    expect(authorizer.authorize(jane, get("pods", "a")).allowed).toBe(true);
    expect(authorizer.authorize(jane, get("pods", "b")).allowed).toBe(false);
    expect(authorizer.authorize(jane, getPath).allowed).toBe(false);
  });

  test("a ServiceAccount without namespace is one of the binding's namespace", () => {
    const { authorizer, bind } = setUp();
    bind("/registry/rolebindings/a/b", { name: "b", namespace: "a" }, { kind: "ServiceAccount", name: "bot" });
    expect(authorizer.authorize(user("system:serviceaccount:a:bot"), get("pods", "a")).allowed).toBe(true);
    expect(authorizer.authorize(user("system:serviceaccount:b:bot"), get("pods", "a")).allowed).toBe(false);
  });

  test("a missing role is named in the reason", () => {
    const { authorizer, bind } = setUp();
    bind("/registry/clusterrolebindings/b", { name: "b" }, { kind: "User", name: "jane" }, "gone");
    expect(authorizer.authorize(user("jane"), get("pods", "a"))).toEqual({
      allowed: false,
      reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
    });
  });

  test("system:masters may do everything without any role", () => {
    const { authorizer } = setUp();
    expect(authorizer.authorize(user("root", "system:masters"), get("secrets", "a")).allowed).toBe(true);
  });
});

describe("EscalationCheck", () => {
  test("refuses rules that the writer does not hold, and names them", () => {
    const { rbac, authorizer, bind } = setUp();
    bind("/registry/clusterrolebindings/b", { name: "b" }, { kind: "User", name: "jane" });
    const check = createEscalationCheck({ authorizer, rbac });
    const at = { namespace: "a", name: "r" };
    const pods = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };
    expect(check.role(user("jane"), [pods], at)).toBeUndefined();
    expect(check.role(user("jane", "g"), [pods, { ...pods, resources: ["secrets"] }], at)).toBe(
      'user "jane" (groups=["g"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
    );
    expect(check.role(user("root", "system:masters"), [{ ...pods, verbs: ["*"] }], at)).toBeUndefined();
    expect(check.binding(user("jane"), { kind: "ClusterRole", name: "reader" }, { namespace: "" })).toBeUndefined();
    expect(check.binding(user("joe"), { kind: "ClusterRole", name: "reader" }, { namespace: "" })).toContain(
      'user "joe"',
    );
  });
});
