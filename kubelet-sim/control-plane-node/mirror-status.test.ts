import { expect, test } from "vitest";
import type { Pod } from "../../api/generated/types.ts";
import type { ProcessInfo } from "../../component-base/process-table.ts";
import { mirrorPod, staticPod } from "./mirror-pod.ts";
import { mirrorStatus } from "./mirror-status.ts";

const startedAtMs = Date.UTC(2026, 0, 2, 3, 0, 0);
const nowMs = startedAtMs + 60_000;
const process: ProcessInfo = {
  name: "scheduler-2",
  row: "scheduler",
  pid: 7,
  state: "running",
  startedAtMs,
  restarts: 0,
  logPath: "/logs/scheduler-2.log",
  commandLine: ["/usr/bin/node", "/data/dist/scheduler/main.js", "--kubeconfig=/data/components/scheduler.kubeconfig"],
};
const config = {
  mountedPaths: [{ onMachine: "/data/components/scheduler.kubeconfig", inPod: "/etc/kubernetes/scheduler.conf" }],
};
const node = { metadata: { name: "control-plane", uid: "u1" } };
const killed = { reason: "signal SIGKILL", exitCode: 137, atMs: startedAtMs + 30_000, startedAtMs };

test("the Pod of a second scheduler, as kubeadm would make it", () => {
  const pod = staticPod(process, "control-plane", config);
  expect(pod?.name).toBe("kube-scheduler-control-plane-2");
  expect(pod?.spec.containers[0]?.command).toEqual(["kube-scheduler", "--kubeconfig=/etc/kubernetes/scheduler.conf"]);
  if (pod === undefined) return;
  expect(mirrorPod(pod, node, "seen").metadata).toMatchObject({
    namespace: "kube-system",
    labels: { component: "kube-scheduler", tier: "control-plane" },
    ownerReferences: [{ kind: "Node", name: "control-plane", uid: "u1" }],
    annotations: { "kubernetes.io/config.mirror": pod.hash, "kubernetes.io/config.source": "file" },
  });
});

test("an etcd waits until its version is known; kubelets are no Pods", () => {
  expect(staticPod({ ...process, row: "etcd", name: "etcd-1" }, "n", config)).toBeUndefined();
  expect(staticPod({ ...process, row: "etcd", name: "etcd-1", version: "3.6.1" }, "n", config)).toMatchObject({
    name: "etcd-n",
  });
  const commandLine = ["/bin/etcd", "--data-dir=/data/etcd/etcd-1"];
  const etcd = staticPod({ ...process, row: "etcd", name: "etcd-1", version: "3.6.1", commandLine }, "n", config);
  expect(etcd?.spec.containers[0]?.command).toEqual(["etcd", "--data-dir=/var/lib/etcd"]);
  expect(staticPod({ ...process, row: "kubelet-sim" }, "n", config)).toBeUndefined();
});

function statusOf(change: Partial<ProcessInfo>, earlierRestarts = 0, existing: Pod = {}) {
  const earlier = { restarts: earlierRestarts, lastState: {} };
  const pod = staticPod({ ...process, ...change }, "control-plane", config);
  if (pod === undefined) throw new Error("no Pod");
  const status = mirrorStatus(pod, existing, { hostIp: "127.0.0.1", nowMs, earlier });
  const container = status.containerStatuses?.[0];
  const ready = status.conditions?.find(({ type }) => type === "Ready")?.status;
  return {
    phase: status.phase,
    ready,
    state: container?.state,
    lastState: container?.lastState,
    restarts: container?.restartCount,
  };
}

const running = { running: { startedAt: "2026-01-02T03:00:00Z" } };
const terminated = {
  terminated: expect.objectContaining({
    exitCode: 137,
    reason: "Error",
    message: "signal SIGKILL",
    startedAt: "2026-01-02T03:00:00Z",
    finishedAt: "2026-01-02T03:00:30Z",
  }),
};
const states = [
  { name: "running", change: {}, status: { ready: "True", state: running, lastState: {}, restarts: 0 } },
  {
    name: "ended, and about to be started again",
    change: { state: "waiting", lastExit: killed },
    status: { ready: "False", state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: terminated, restarts: 0 },
  },
  {
    name: "running again",
    change: { restarts: 1, lastExit: killed },
    status: { ready: "True", state: running, lastState: terminated, restarts: 1 },
  },
  {
    name: "ended on purpose",
    change: { state: "stopped" },
    status: { ready: "False", state: { terminated: { exitCode: 0, reason: "Completed" } }, lastState: {}, restarts: 0 },
  },
] as const;
test.each(states)("$name", ({ change, status }) => {
  expect(statusOf(change)).toMatchObject({ phase: "Running", ...status });
});

test("an end on purpose is told after the next start, though its process has no exit of its own", () => {
  const held = statusOf({ state: "stopped" });
  const existing = { status: { containerStatuses: [{ state: held.state }] } } as Pod;
  const again = statusOf({ restarts: 1, startedAtMs: nowMs }, 0, existing);
  expect(again).toMatchObject({ ready: "True", restarts: 1, lastState: held.state });
});

test("restarts of earlier lives count", () => {
  expect(statusOf({ restarts: 1, lastExit: killed }, 3).restarts).toBe(4);
});
