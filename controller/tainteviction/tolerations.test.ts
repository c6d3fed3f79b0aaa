import { expect, test } from "vitest";
import { toleratedMs } from "./tolerations.ts";

const taint = (key: string, value?: string) => ({ key, effect: "NoExecute", ...(value !== undefined && { value }) });
const exists = (key: string, tolerationSeconds?: number) => ({
  key,
  operator: "Exists",
  ...(tolerationSeconds !== undefined && { tolerationSeconds }),
});

test.each([
  { name: "no toleration", taints: [taint("a")], tolerations: [], want: 0 },
  { name: "for ever", taints: [taint("a")], tolerations: [exists("a")], want: undefined },
  { name: "for a time", taints: [taint("a")], tolerations: [exists("a", 300)], want: 300_000 },
  {
    name: "the shortest counts",
    taints: [taint("a"), taint("b")],
    tolerations: [exists("a", 300), exists("b", 5)],
    want: 5_000,
  },
  { name: "one of two is not tolerated", taints: [taint("a"), taint("b")], tolerations: [exists("a")], want: 0 },
  { name: "another value", taints: [taint("a", "x")], tolerations: [{ key: "a", value: "y" }], want: 0 },
  { name: "everything", taints: [taint("a")], tolerations: [{ operator: "Exists" }], want: undefined },
  { name: "another effect", taints: [taint("a")], tolerations: [{ ...exists("a"), effect: "NoSchedule" }], want: 0 },
])("$name", ({ taints, tolerations, want }) => {
  expect(toleratedMs(taints, tolerations)).toBe(want);
});
