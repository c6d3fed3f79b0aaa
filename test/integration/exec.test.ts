import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Exec, KubeConfig, type V1Status } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realClock } from "../../component-base/clock.ts";
import { writeKubeconfig } from "../../component-base/kubeconfig-file.ts";
import { silentLogger } from "../../component-base/logger.ts";
import type { Running } from "../../component-base/running.ts";
import { startKubeletSim } from "../../kubelet-sim/start.ts";
import { eventually } from "../harness/eventually.ts";
import { startGateway, type TestGateway } from "../harness/gateway.ts";
import { hasKubectl, type Kubectl, kubectlFor } from "../harness/kubectl.ts";

/** Everything that `kubectl exec` passes through, but for processes: gateway, TLS, kubelet door, simulated containers. */
let gateway: TestGateway;
let kubelet: Running;
let kubectl: Kubectl;

const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web" },
  spec: {
    nodeName: "node-0",
    containers: [{ name: "app", image: "nginx", env: [{ name: "COLOR", value: "green" }] }],
  },
};

beforeAll(async () => {
  gateway = await startGateway();
  const { pki, kubeconfig } = gateway;
  const tls = { certFile: pki.kubeletServerCert, keyFile: pki.kubeletServerKey, clientCaFile: pki.caFile };
  kubelet = await startKubeletSim({ kubeconfig, nodes: 1, tls }, { clock: realClock, log: silentLogger });
  kubectl = kubectlFor(kubeconfig);
  const path = "/api/v1/namespaces/default";
  await gateway.call(`${path}/serviceaccounts`, { body: { metadata: { name: "default" } } });
  await gateway.call(`${path}/pods`, { body: pod });
  await gateway.call(`${path}/pods`, {
    body: { ...pod, metadata: { name: "unbound" }, spec: { ...pod.spec, nodeName: "" } },
  });
  await eventually("the pod runs", async () => {
    const { json } = await gateway.call(`${path}/pods/web`);
    return json.status?.phase === "Running";
  });
});
afterAll(async () => {
  await kubelet?.stop();
  await gateway?.stop();
});

describe.skipIf(!hasKubectl)("kubectl exec (needs kubectl on PATH)", () => {
  const cases = [
    { name: "a program", args: ["--", "echo", "hello", "world"], stdout: "hello world\n" },
    { name: "the environment", args: ["--", "sh", "-c", "echo $COLOR $HOSTNAME"], stdout: "green web\n" },
    { name: "a script's exit code", args: ["--", "sh", "-c", "exit 3"], code: 3, stderr: "exit code 3" },
    {
      name: "an unknown command of a script",
      args: ["--", "sh", "-c", "foo"],
      code: 127,
      stderr: "sh: 1: foo: not found",
    },
    {
      name: "an unknown program",
      args: ["--", "foo"],
      code: 1,
      stderr: 'exec: "foo": executable file not found in $PATH',
    },
    { name: "standard input", args: ["-i", "--", "cat"], stdin: "x\ny\n", stdout: "x\ny\n" },
    { name: "a terminal that is none", args: ["-it", "--", "echo", "a"], stdout: "a\n" },
    { name: "a file", args: ["--", "cat", "/etc/hostname"], stdout: "web\n" },
    {
      name: "a container that is not there",
      args: ["-c", "b", "--", "ls"],
      code: 1,
      stderr: "container b is not valid for pod web",
    },
  ] as const;
  test.each(cases)("$name", async (one) => {
    const options = "stdin" in one ? { stdin: one.stdin } : {};
    const result = await kubectl.run(["exec", "web", ...one.args], options);
    expect(result.code, result.stderr).toBe("code" in one ? one.code : 0);
    if ("stdout" in one) expect(result.stdout).toBe(one.stdout);
    if ("stderr" in one) expect(result.stderr).toContain(one.stderr);
  });

  test("a Pod that is on no node", async () => {
    const { code, stderr } = await kubectl.run(["exec", "unbound", "--", "ls"]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "Error from server (BadRequest): pod unbound does not have a host assigned\n",
    });
  });

  test("much input and output pass unchanged", async () => {
    const text = "0123456789abcdef".repeat(256 * 1024);
    const { stdout } = await kubectl.run(["exec", "-i", "web", "--", "cat"], { stdin: text });
    expect(stdout.length).toBe(text.length);
    expect(stdout === text).toBe(true);
  });
});
