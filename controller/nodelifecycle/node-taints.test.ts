import { expect, test } from "vitest";
import type { Node } from "../../api/generated/types.ts";
import { reconciledNoExecute, reconciledNoSchedule } from "./node-taints.ts";

const now = "2026-01-01T00:00:00Z";

const node = (
  ready: string | undefined,
  taints: { key: string; effect: string }[] = [],
  unschedulable = false,
): Node => ({
  spec: { taints, ...(unschedulable && { unschedulable }) },
  status: { conditions: ready === undefined ? [] : [{ type: "Ready", status: ready }] },
});
const keys = (taints: { key: string }[] | undefined) =>
  taints?.map(({ key }) => key.replace("node.kubernetes.io/", ""));
const noSchedule = (key: string) => ({ key: `node.kubernetes.io/${key}`, effect: "NoSchedule" });

test.each([
  { name: "ready and clean", of: node("True"), want: undefined },
  { name: "has not reported yet", of: node(undefined), want: undefined },
  { name: "becomes not ready", of: node("False"), want: ["not-ready"] },
  { name: "falls silent after that", of: node("Unknown", [noSchedule("not-ready")]), want: ["unreachable"] },
  { name: "comes back", of: node("True", [noSchedule("unreachable")]), want: [] },
  { name: "cordoned", of: node("True", [], true), want: ["unschedulable"] },
  {
    name: "others' taints stay",
    of: node("True", [{ key: "x", effect: "NoSchedule" }], true),
    want: ["x", "unschedulable"],
  },
])("NoSchedule: $name", ({ of, want }) => {
  expect(keys(reconciledNoSchedule(of, now))).toEqual(want);
});

test("NoExecute taints for readiness replace each other and leave the rest alone", () => {
  const tainted = node("Unknown", [
    { key: "node.kubernetes.io/not-ready", effect: "NoExecute" },
    noSchedule("unreachable"),
  ]);
  expect(keys(reconciledNoExecute(tainted, "node.kubernetes.io/unreachable", now))).toEqual([
    "unreachable",
    "unreachable",
  ]);
  expect(keys(reconciledNoExecute(tainted, undefined, now))).toEqual(["unreachable"]);
});
