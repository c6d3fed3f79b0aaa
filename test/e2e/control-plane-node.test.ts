import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { hasKubectl, type Kubectl, kubectlFor } from "../harness/kubectl.ts";
import { startPlane, type TestPlane } from "../harness/plane.ts";

/** kubeadm's view of the control plane, by the commands of its documents. */
describe.skipIf(!hasKubectl)("the control plane's own node (needs kubectl on PATH)", () => {
  let plane: TestPlane;
  let kubectl: Kubectl;
  const etcd = ["exec", "etcd-control-plane", "-n", "kube-system", "--"];
  const pki = "/etc/kubernetes/pki/etcd";
  const etcdctl = `ETCDCTL_API=3 etcdctl --cert=${pki}/server.crt --key=${pki}/server.key --cacert=${pki}/ca.crt`;
  const pods = () => kubectl("get", "pods", "-n", "kube-system");
  const readyPods = async () => (await pods()).match(/ 1\/1 +Running /g)?.length;

  beforeAll(async () => {
    plane = await startPlane({ flags: ["--nodes", "1", "--etcd-members", "3", "--etcd-unsafe-no-fsync"] });
    kubectl = kubectlFor(plane.kubeconfig);
    await eventually("all Pods are there", async () => (await readyPods()) === 6);
  });
  afterAll(() => plane?.destroy());

  test("get nodes shows its role", async () => {
    expect(await kubectl("get", "nodes")).toMatch(/^control-plane +Ready +control-plane +\S+ +v1\.36\.0$/m);
  });

  test("get pods shows every process", async () => {
    const names = (await pods())
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(" ")[0]);
    expect(names).toEqual([
      "etcd-control-plane",
      "etcd-control-plane-2",
      "etcd-control-plane-3",
      "kube-apiserver-control-plane",
      "kube-controller-manager-control-plane",
      "kube-scheduler-control-plane",
    ]);
  });

  test("describe shows a static Pod with its flags and events", async () => {
    const text = await eventually("the events are there", async () => {
      const described = await kubectl("describe", "pod", "-n", "kube-system", "etcd-control-plane");
      return /Started/.test(described) && described;
    });
    for (const part of [
      /Controlled By: +Node\/control-plane/,
      /kubernetes\.io\/config\.mirror: [0-9a-f]{32}/,
      /Image: +registry\.k8s\.io\/etcd:\d+\.\d+\.\d+-0/,
      /--cert-file=\/etc\/kubernetes\/pki\/etcd\/server\.crt/,
      /--data-dir=\/var\/lib\/etcd/,
      /Priority Class Name: +system-node-critical/,
    ]) {
      expect(text).toMatch(part);
    }
    expect(text).not.toContain(plane.dataDir);
  });

  test("logs are those of the process", async () => {
    expect(await kubectl("logs", "-n", "kube-system", "kube-apiserver-control-plane")).toContain("serving");
    const tail = await kubectl("logs", "-n", "kube-system", "etcd-control-plane-2", "--tail=2");
    expect(tail.trim().split("\n")).toHaveLength(2);
    let over = false;
    const followed = kubectl
      .follow(["logs", "-n", "kube-system", "etcd-control-plane", "-f", "--tail=0"], (lines) =>
        lines.some((line) => line.includes("snapshot")),
      )
      .finally(() => (over = true));
    // Nobody tells when following has begun, so there is something to see again and again.
    while (!over) await kubectl(...etcd, "sh", "-c", `${etcdctl} snapshot save /tmp/followed.db`);
    await followed;
  });

  test("exec: the keys of everything", async () => {
    const keys = await kubectl(...etcd, "sh", "-c", `${etcdctl} get / --prefix --keys-only`);
    expect(keys.split("\n")).toContain("/registry/pods/kube-system/etcd-control-plane");
  });

  test("exec: member list", async () => {
    const list = await kubectl(...etcd, "sh", "-c", `${etcdctl} member list`);
    expect(list.match(/, started, etcd-\d, /g)).toHaveLength(3);
  });

  test("exec: every Pod speaks to its own member by the usual address", async () => {
    const asked = ["", "-2", "-3"].map(async (suffix) => {
      const words = `${etcdctl} --endpoints=https://127.0.0.1:2379 endpoint status -w json`;
      const text = await kubectl("exec", `etcd-control-plane${suffix}`, "-n", "kube-system", "--", "sh", "-c", words);
      return JSON.parse(text)[0].Status.header.member_id;
    });
    expect(new Set(await Promise.all(asked)).size).toBe(3);
  });

  test("exec: snapshot save, and the file is in the Pod's own folder and nowhere else", async () => {
    const saved = await kubectl(...etcd, "sh", "-c", `${etcdctl} snapshot save /var/lib/etcd/backup.db`);
    expect(saved).toContain("/var/lib/etcd/backup.db");
    expect(saved).not.toContain(plane.dataDir);
    expect(await kubectl(...etcd, "ls", "/var/lib/etcd")).toContain("backup.db\n");
    // From 3.6 on only etcdutl looks at files, and before 3.5 there is none.
    const utl = await kubectl.run([...etcd, "etcdutl", "version"]);
    const tool = utl.code === 0 ? "etcdutl" : "etcdctl";
    const status = await kubectl(...etcd, tool, "snapshot", "status", "/var/lib/etcd/backup.db", "-w", "json");
    expect(status).toMatch(/"totalKey":\d+/);
    const copy = join(plane.dataDir, "copied.db");
    await kubectl("cp", "kube-system/etcd-control-plane:/var/lib/etcd/backup.db", copy);
    const folder = join(plane.dataDir, "control-plane-node", "etcd-control-plane");
    expect(existsSync(join(folder, "var/lib/etcd/backup.db"))).toBe(true);
    expect(readFileSync(copy).equals(readFileSync(join(folder, "var/lib/etcd/backup.db")))).toBe(true);
    await kubectl(...etcd, "sh", "-c", `${etcdctl} snapshot save ../../../../../../outside.db`);
    expect(existsSync(join(folder, "outside.db"))).toBe(true);
  });

  test("exec: exit codes come back, keys do not", async () => {
    expect(await kubectl.run([...etcd, "sh", "-c", "exit 3"])).toMatchObject({ code: 3 });
    const key = await kubectl.run([...etcd, "cat", `${pki}/server.key`]);
    expect(key).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("Permission denied") });
    const locked = await kubectl.run([...etcd, "sh", "-c", `${etcdctl} lock name touch /tmp/gatehouse-was-here`]);
    expect(locked).toMatchObject({ code: 2, stderr: expect.stringContaining("lock is not available") });
  });

  test("a deleted Pod comes back, and its process has not noticed", async () => {
    const [pid] = plane.pids(/dist\/scheduler\/main\.js/);
    const uid = () =>
      kubectl("get", "pod", "-n", "kube-system", "kube-scheduler-control-plane", "-o", "jsonpath={.metadata.uid}");
    const before = await uid();
    await kubectl("delete", "pod", "-n", "kube-system", "kube-scheduler-control-plane");
    await eventually("there is another one", async () => (await uid()) !== before);
    expect(plane.pids(/dist\/scheduler\/main\.js/)).toContain(pid);
  });

  test("a killed scheduler shows one restart, how it ended, and the log of before", async () => {
    const name = "kube-scheduler-control-plane";
    for (const pid of plane.pids(/^\S*node \S*dist\/scheduler\/main\.js/)) process.kill(pid, "SIGKILL");
    await eventually("it runs again", async () =>
      /^kube-scheduler-control-plane +1\/1 +Running +1 \(/m.test(await pods()),
    );
    const last = "jsonpath={.status.containerStatuses[0].lastState.terminated}";
    const terminated = JSON.parse(await kubectl("get", "pod", "-n", "kube-system", name, "-o", last));
    expect(terminated).toMatchObject({ exitCode: 137, reason: "Error" });
    expect(await kubectl("logs", "-n", "kube-system", name, "--previous")).toContain("started");
  });
});
