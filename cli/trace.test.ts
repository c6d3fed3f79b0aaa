import { expect, test } from "vitest";
import { renderTrace } from "./trace.ts";

const pod = "/registry/pods/default/web";
const request = (userAgent: string, user: string, path: string, startMs: number) => ({
  id: "r",
  user,
  userAgent: `${userAgent}/v1`,
  verb: "create",
  path,
  code: 201,
  startMs,
  endMs: startMs + 1.5,
});

test("a chain is printed as a tree with times and revisions at the left", () => {
  const story = {
    startedAt: "2026-01-01T00:00:00.000Z",
    steps: [
      {
        storageKey: pod,
        operation: "create" as const,
        revision: "41",
        request: request("kubectl", "admin", "/pods", 0),
        etcd: { sentMs: 0.2, answeredMs: 1.3 },
        told: [{ user: "system:kube-scheduler", userAgent: "kube-scheduler/v1", atMs: 1.26 }],
      },
      {
        storageKey: pod,
        operation: "update" as const,
        revision: "42",
        cause: "41",
        request: request("kube-scheduler", "system:kube-scheduler", "/pods/web/binding", 2),
        etcd: { sentMs: 2.1, answeredMs: 3 },
        told: [],
      },
      {
        storageKey: pod,
        operation: "update" as const,
        revision: "43",
        foreign: true as const,
        etcd: { sentMs: 7, answeredMs: 7 },
        told: [{ user: "system:kube-scheduler", userAgent: "kube-scheduler/v1", atMs: 7.5 }],
      },
    ],
  };
  expect(renderTrace(story).split("\n")).toEqual([
    "since 2026-01-01T00:00:00.000Z",
    "      +0.0 ms  rev 41      kubectl (admin) create /pods → 201",
    "                           │  1.5 ms in all, 1.1 ms of it in etcd: create /registry/pods/default/web",
    "                           │  told kube-scheduler +1.3 ms",
    "      +2.0 ms  rev 42      └─ kube-scheduler (system:kube-scheduler) create /pods/web/binding → 201",
    "                                 1.5 ms in all, 0.9 ms of it in etcd: update /registry/pods/default/web",
    "      +7.0 ms  rev 43      somebody else, not through this gateway: update /registry/pods/default/web",
    "                              told kube-scheduler +7.5 ms",
  ]);
});
