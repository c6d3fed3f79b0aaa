import { expect, test } from "vitest";
import { type GatewayView, statusLine } from "./gateway-view.ts";

const known = { kind: "known", leader: "etcd-3", term: 4, revision: "812", reachable: 3, voters: 5 } as const;
const at = new Date(2026, 0, 1, 12, 0, 5).getTime();

test.each<{ view: Omit<GatewayView, "name">; text: string }>([
  {
    view: { write: { kind: "ok", ms: 11.6 }, etcd: known },
    text: "writes ok 12 ms, leader etcd-3, term 4, revision 812, reaches 3 of 5",
  },
  {
    view: { write: { kind: "refused", code: 503, message: "no leader" }, etcd: { ...known, leader: "", reachable: 2 } },
    text: "writes refused (503 no leader), no leader, term 4, revision 812, reaches 2 of 5",
  },
  {
    view: {
      write: { kind: "refused", code: 0, message: "it does not listen" },
      etcd: { kind: "unknown", message: "" },
    },
    text: "writes fail (it does not listen), etcd unknown",
  },
  {
    view: { write: { kind: "ok", ms: 1 }, etcd: { ...known, leader: "", term: 0, revision: "0", reachable: 0 } },
    text: "writes ok 1 ms, reaches none of 5 members",
  },
  {
    view: { write: { kind: "waiting", sinceMs: 2_900 }, etcd: { kind: "none" } },
    text: "writes wait since 2 s, etcd not asked yet",
  },
])("$text", ({ view, text }) => {
  expect(statusLine(at, [{ name: "apiserver", ...view }])).toBe(`12:00:05  apiserver: ${text}`);
});

test("each gateway is seen from its own side, in the same line", () => {
  const write = { kind: "ok", ms: 3 } as const;
  const views = ["apiserver", "apiserver-2"].map((name) => ({ name, write, etcd: known }));
  expect(statusLine(at, views).split(" | ")).toHaveLength(2);
});
