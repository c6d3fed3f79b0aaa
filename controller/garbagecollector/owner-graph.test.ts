import { expect, test } from "vitest";
import { kinds } from "../../api/kinds.ts";
import type { ApiObject } from "../../api/meta.ts";
import { blockingDependents, OwnerGraph } from "./owner-graph.ts";

function graph() {
  const garbage: string[] = [];
  const orphans: string[] = [];
  const owners = new OwnerGraph({
    mayBeGarbage: (uid) => garbage.push(uid),
    wantsOrphans: (uid) => orphans.push(uid),
  });
  const take = () => garbage.splice(0);
  return { owners, take, orphans };
}

const object = (uid: string, options: { owner?: string; deleting?: string; namespace?: string } = {}): ApiObject => ({
  metadata: {
    name: uid,
    namespace: options.namespace ?? "default",
    uid,
    ...(options.owner !== undefined && {
      ownerReferences: [
        { apiVersion: "v1", kind: "Pod", name: options.owner, uid: options.owner, blockOwnerDeletion: true },
      ],
    }),
    ...(options.deleting !== undefined && {
      deletionTimestamp: "2026-01-01T00:00:00Z",
      finalizers: [options.deleting],
    }),
  },
});

test("dependents are looked at when their owner goes", () => {
  const { owners, take } = graph();
  owners.observe(kinds.pods, object("a"));
  owners.observe(kinds.pods, object("b", { owner: "a" }));
  expect(take()).toEqual([]);
  owners.remove("a");
  expect(take()).toEqual(["b"]);
});

test("an owner that nobody has seen is looked at, and forgotten with its last dependent", () => {
  const { owners, take } = graph();
  owners.observe(kinds.pods, object("b", { owner: "a" }));
  expect(take()).toEqual(["a"]);
  expect(owners.node("a")?.kind).toBeUndefined();
  owners.observe(kinds.pods, object("b"));
  expect(owners.node("a")).toBeUndefined();
});

test("an owner seen after its dependents keeps them", () => {
  const { owners } = graph();
  owners.observe(kinds.pods, object("b", { owner: "a" }));
  owners.observe(kinds.pods, object("a"));
  expect([...(owners.node("a")?.dependents ?? [])].map(({ uid }) => uid)).toEqual(["b"]);
});

test("a foreground deletion looks at the dependents, then again at the owner for each that goes", () => {
  const { owners, take } = graph();
  owners.observe(kinds.pods, object("a"));
  owners.observe(kinds.pods, object("b", { owner: "a" }));
  owners.observe(kinds.pods, object("a", { deleting: "foregroundDeletion" }));
  expect(take()).toEqual(["b", "a"]);
  const node = owners.node("a");
  expect(node && blockingDependents(node).map(({ uid }) => uid)).toEqual(["b"]);
  owners.observe(kinds.pods, object("a", { deleting: "foregroundDeletion" }));
  expect(take()).toEqual([]);
  owners.remove("b");
  expect(take()).toEqual(["a"]);
});

test("an orphaning deletion asks for orphans once", () => {
  const { owners, orphans } = graph();
  owners.observe(kinds.pods, object("a", { deleting: "orphan" }));
  owners.observe(kinds.pods, object("a", { deleting: "orphan" }));
  expect(orphans).toEqual(["a"]);
});

test("an owner in another namespace makes its dependent suspect", () => {
  const { owners, take } = graph();
  owners.observe(kinds.pods, object("a", { namespace: "other" }));
  owners.observe(kinds.pods, object("b", { owner: "a" }));
  expect(take()).toEqual(["b"]);
});
