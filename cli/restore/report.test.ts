import { expect, test } from "vitest";
import { type RestoreSummary, renderSummary } from "./report.ts";

const summary: RestoreSummary = {
  prefix: "/registry",
  revision: "1000254",
  snapshotRevision: "236",
  objects: 208,
  setAside: [{ member: "etcd-1", folder: "/data/etcd/etcd-1.before-restore-1" }],
};

test("what is undone is named as kubectl names it; what comes and goes by itself is counted only", () => {
  const undone = {
    vanished: ["/registry/services/specs/default/web", "/registry/events/default/web.1", "/registry/leases/a/b"],
    cameBack: ["/registry/deployments/default/web"],
    changed: [],
    unchanged: 200,
  };
  expect(renderSummary({ ...summary, comparedWith: "gateways", undone })).toBe(
    `restored 208 objects of revision 236; etcd goes on from revision 1000254
old data of etcd-1: /data/etcd/etcd-1.before-restore-1
compared with what the gateways last knew, 200 objects are as they were
vanished (made after the snapshot): 3, 2 of them Events and Leases
  services/default/web
came back (deleted after the snapshot): 1
  deployments.apps/default/web
changed back: 0`,
  );
});

test("a long list is cut, and says so", () => {
  const vanished = Array.from({ length: 25 }, (_, index) => `/registry/configmaps/default/c-${index}`);
  const undone = { vanished, cameBack: [], changed: [], unchanged: 0 };
  const text = renderSummary({ ...summary, comparedWith: "etcd-1", undone });
  expect(text).toContain("compared with the old data of etcd-1");
  expect(text).toContain("  configmaps/default/c-19\n  … and 5 more");
});

test("nobody's knowledge is said to be that", () => {
  expect(renderSummary(summary)).toContain("what this undid is not known");
});
