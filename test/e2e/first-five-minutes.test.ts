import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { hasKubectl, type Kubectl, kubectlFor } from "../harness/kubectl.ts";
import { gatehouseBin, startPlane, type TestPlane } from "../harness/plane.ts";

/** The README's transcript, with stock kubectl, in its order: each step goes on from the one before. */
describe.skipIf(!hasKubectl)("the first five minutes (needs kubectl on PATH)", () => {
  let plane: TestPlane;
  let kubectl: Kubectl;
  const gatehouse = (...args: string[]) =>
    execFileSync(process.execPath, [gatehouseBin, ...args], {
      encoding: "utf8",
      env: { ...process.env, KUBECONFIG: plane.kubeconfig, GATEHOUSE_DATA_DIR: plane.dataDir },
      stdio: ["ignore", "pipe", "pipe"],
    });
  const podNames = async () => (await kubectl("get", "pods", "-o", "name")).trim().split("\n").filter(Boolean);

  beforeAll(async () => {
    plane = await startPlane();
    kubectl = kubectlFor(plane.kubeconfig);
  });
  afterAll(() => plane?.destroy());

  test("get nodes shows the control plane's node and three simulated ones, Ready", async () => {
    await eventually("the control plane's node is there", async () =>
      (await kubectl("get", "nodes")).includes("control"),
    );
    const lines = (await kubectl("get", "nodes")).trim().split("\n");
    expect(lines[0]).toMatch(/^NAME +STATUS +ROLES +AGE +VERSION$/);
    expect(lines.slice(1).map((line) => line.split(/ +/).slice(0, 3))).toEqual([
      ["control-plane", "Ready", "control-plane"],
      ["node-0", "Ready", "<none>"],
      ["node-1", "Ready", "<none>"],
      ["node-2", "Ready", "<none>"],
    ]);
  });

  test("a Deployment's Pods go from Pending to Running on nodes, as get -w shows", async () => {
    const watching = kubectl.follow(
      ["get", "pods", "-w"],
      (lines) =>
        new Set(lines.filter((line) => / 1\/1 +Running /.test(line)).map((line) => line.split(" ")[0])).size === 3,
    );
    await kubectl("create", "deployment", "web", "--image=nginx", "--replicas=3");
    const lines = await watching;
    const states = lines
      .map((line) => line.split(/ +/)[2])
      .filter((state) => state !== undefined && state !== "STATUS");
    expect(states).toContain("Pending");
    expect(states).toContain("ContainerCreating");
    const wide = await kubectl("get", "pods", "-o", "wide");
    expect(wide.match(/ node-[012] /g)).toHaveLength(3);
  });

  test("describe pod lists Scheduled, Pulled, Created and Started", async () => {
    const [pod = ""] = await podNames();
    const text = await eventually("all events are there", async () => {
      const described = await kubectl("describe", pod);
      return /Started/.test(described) && described;
    });
    for (const [reason, from] of [
      ["Scheduled", "default-scheduler"],
      ["Pulled", "kubelet"],
      ["Created", "kubelet"],
      ["Started", "kubelet"],
    ] as const) {
      expect(text).toMatch(new RegExp(`Normal +${reason} +\\S+ +${from} +\\S`));
    }
  });

  test("scale, set image and rollout status", async () => {
    await kubectl("scale", "deployment", "web", "--replicas=5");
    await kubectl("set", "image", "deployment", "web", "nginx=nginx:2");
    const status = await kubectl("rollout", "status", "deployment", "web", "--timeout=30s");
    expect(status).toContain('deployment "web" successfully rolled out');
    const images = await kubectl("get", "pods", "-o", "jsonpath={.items[*].spec.containers[0].image}");
    expect(images.split(" ").filter((image) => image === "nginx:2").length).toBeGreaterThanOrEqual(5);
    expect(await kubectl("rollout", "history", "deployment", "web")).toMatch(/REVISION[\s\S]*1[\s\S]*2/);
  });

  test("logs of a Pod", async () => {
    const [pod = ""] = await podNames();
    expect((await kubectl("logs", pod)).length).toBeGreaterThan(0);
  });

  test("trace shows who did what at which revision", async () => {
    const [pod = ""] = await podNames();
    const text = gatehouse("trace", pod);
    for (const part of ["system:kube-controller-manager", "system:kube-scheduler", "binding", "system:kubelet-sim"]) {
      expect(text).toContain(part);
    }
    expect(text).toMatch(/rev(ision)? \d+/);
    expect(text).toMatch(/\d ms/);
  });

  test("access-test proves that only the gateway may touch etcd", () => {
    expect(gatehouse("access-test")).toMatch(/refused/);
  });

  test("etcdctl lists the keys as Kubernetes lays them out", () => {
    const keys = gatehouse("etcdctl", "get", "/", "--prefix", "--keys-only").split("\n").filter(Boolean);
    expect(keys).toContain("/registry/minions/node-0");
    expect(keys).toContain("/registry/deployments/default/web");
    expect(keys.filter((key) => key.startsWith("/registry/pods/default/web-")).length).toBeGreaterThanOrEqual(5);
  });

  test("deleting the Deployment removes its ReplicaSets and Pods", async () => {
    await kubectl("delete", "deployment", "web");
    await eventually(
      "nothing is left",
      async () => (await kubectl("get", "replicasets,pods", "-o", "name")).trim() === "",
      { timeoutMs: 20_000 },
    );
  });
});
