import { expect, test } from "vitest";
import { type OwnerState, verdict } from "./classify.ts";

const owner = (state: OwnerState, uid: string = state) => ({
  reference: { apiVersion: "v1", kind: "Pod", name: uid, uid },
  state,
});
const withFinalizer = (finalizer: string) => ({ metadata: { finalizers: [finalizer] } });

test.each([
  { name: "no owners", object: {}, owners: [], dependents: false, want: { kind: "keep" } },
  { name: "a living owner", object: {}, owners: [owner("solid")], dependents: true, want: { kind: "keep" } },
  {
    name: "one of two owners has gone",
    object: {},
    owners: [owner("solid"), owner("absent")],
    dependents: false,
    want: { kind: "dropReferences", uids: ["absent"] },
  },
  {
    name: "one of two owners waits",
    object: {},
    owners: [owner("solid"), owner("waiting")],
    dependents: false,
    want: { kind: "dropReferences", uids: ["waiting"] },
  },
  {
    name: "the owner waits, and the object has dependents of its own",
    object: {},
    owners: [owner("waiting")],
    dependents: true,
    want: { kind: "delete", policy: "Foreground" },
  },
  {
    name: "the owner waits for a leaf",
    object: {},
    owners: [owner("waiting")],
    dependents: false,
    want: { kind: "delete", policy: "Background" },
  },
  {
    name: "the owner has gone",
    object: {},
    owners: [owner("absent")],
    dependents: true,
    want: { kind: "delete", policy: "Background" },
  },
  {
    name: "the object is to orphan its own",
    object: withFinalizer("orphan"),
    owners: [owner("absent")],
    dependents: true,
    want: { kind: "delete", policy: "Orphan" },
  },
  {
    name: "the object is to wait for its own",
    object: withFinalizer("foregroundDeletion"),
    owners: [owner("absent")],
    dependents: true,
    want: { kind: "delete", policy: "Foreground" },
  },
])("$name", ({ object, owners, dependents, want }) => {
  expect(verdict(object, owners, dependents)).toEqual(want);
});
