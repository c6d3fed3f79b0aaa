import { expect, test } from "vitest";
import { renderTrace } from "./trace.ts";

test("a chain is printed as a tree with times and revisions at the left", () => {
  const steps = [
    {
      atMs: 0,
      actor: "kubectl",
      action: "create pods/default/web",
      revision: "41",
      children: [
        { atMs: 1.26, actor: "scheduler", action: "told of it", children: [] },
        { atMs: 2, actor: "scheduler", action: "bind to node-0", revision: "42", children: [] },
      ],
    },
  ];
  expect(renderTrace(steps).split("\n")).toEqual([
    "     +0.0 ms  rev 41      kubectl: create pods/default/web",
    "     +1.3 ms              ├─ scheduler: told of it",
    "     +2.0 ms  rev 42      └─ scheduler: bind to node-0",
  ]);
});
