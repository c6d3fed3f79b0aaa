import { request } from "node:https";
import { PassThrough, Writable } from "node:stream";
import { connect } from "node:tls";
import { Exec, KubeConfig, type V1Status } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { realClock } from "../../component-base/clock.ts";
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

const execPath = "/api/v1/namespaces/default/pods/web/exec?stdout=true&stderr=true";

/** What a raw WebSocket gets: `channel:text` of every message, or the status and text of a refusal. */
async function exec(
  command: readonly string[],
  options: {
    readonly protocols?: string[];
    readonly headers?: Record<string, string>;
    readonly onMessage?: (text: string) => void;
  } = {},
): Promise<string[]> {
  const query = command.map((word) => `&command=${encodeURIComponent(word)}`).join("");
  const { pki, apiserver } = gateway;
  const socket = new WebSocket(
    `wss://127.0.0.1:${apiserver.port}${execPath}${query}`,
    options.protocols ?? ["v5.channel.k8s.io"],
    {
      ca: pki.ca,
      ...pki.users.get("admin"),
      ...(options.headers && { headers: options.headers }),
    },
  );
  const messages: string[] = [];
  socket.on("message", (data: Buffer) => {
    const text = `${data[0]}:${data.subarray(1)}`;
    messages.push(text);
    options.onMessage?.(text);
  });
  return new Promise((resolve, reject) => {
    socket.once("close", () => resolve(messages));
    socket.once("error", reject);
    socket.once("unexpected-response", async (_request, response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      resolve([`${response.statusCode} ${JSON.parse(text).message}`]);
    });
  });
}

test.each(["v5.channel.k8s.io", "v4.channel.k8s.io"])("speaks %s", async (protocol) => {
  expect(await exec(["echo", "a"], { protocols: [protocol] })).toEqual([
    "1:a\n",
    '3:{"metadata":{},"status":"Success"}',
  ]);
});

test("says which subprotocols there are to who offers others", async () => {
  const [answer] = await exec(["echo"], { protocols: ["channel.k8s.io"] });
  expect(answer).toMatch(/^400 .*v5\.channel\.k8s\.io/);
});

test.each(["GET", "POST"])("%s without an Upgrade header is refused", async (method) => {
  const { status, json } = await gateway.call(`${execPath}&command=ls`, { method });
  expect([status, json.message, json.reason]).toEqual([400, "Upgrade request required", "BadRequest"]);
});

/** A request with an Upgrade header, which is answered. */
function upgradeRequest(path: string, protocol: string, options: { method: string; body?: string }): Promise<string> {
  const { pki, apiserver } = gateway;
  const headers = { Connection: "Upgrade", Upgrade: protocol, "Content-Type": "application/json" };
  return new Promise((resolve, reject) => {
    const target = { host: "127.0.0.1", port: apiserver.port, path, method: options.method, headers, ca: pki.ca };
    const call = request({ ...target, ...pki.users.get("admin"), agent: false }, async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      resolve(`${response.statusCode} ${text}`);
    });
    call.once("upgrade", (_response, socket) => {
      socket.destroy();
      resolve("upgraded");
    });
    call.once("error", reject);
    call.end(options.body);
  });
}

test("SPDY is refused in words that kubectl shows", async () => {
  const answer = await upgradeRequest(`${execPath}&command=ls`, "SPDY/3.1", { method: "POST" });
  expect(answer).toMatch(/^400 .*unable to upgrade connection: SPDY\/3\.1 is not spoken here/);
});

test("an Upgrade header anywhere else means nothing, body or not", async () => {
  const path = "/api/v1/namespaces/default/configmaps";
  const body = JSON.stringify({ metadata: { name: "upgraded" }, data: { a: "x".repeat(200_000) } });
  expect(await upgradeRequest(path, "websocket", { method: "POST", body })).toMatch(/^201 /);
  expect(await upgradeRequest(`${path}/upgraded`, "h2c", { method: "GET" })).toMatch(/^200 .*"name":"upgraded"/);
});

test("a connection goes on after an Upgrade header that meant nothing", async () => {
  const { pki, apiserver } = gateway;
  const socket = connect({ host: "127.0.0.1", port: apiserver.port, ca: pki.ca, ...pki.users.get("admin") });
  let text = "";
  socket.on("data", (chunk) => (text += chunk));
  const get = (more: string) => socket.write(`GET /version HTTP/1.1\r\nHost: a\r\n${more}\r\n`);
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on("warning", warned);
  for (let count = 1; count <= 25; count++) {
    get(count === 2 ? "" : "Connection: Upgrade\r\nUpgrade: websocket\r\n");
    await eventually("it is answered", () => text.split("HTTP/1.1 200").length === count + 1, { everyMs: 5 });
  }
  process.off("warning", warned);
  expect(warnings).toEqual([]);
  socket.destroy();
});

const grant = (name: string, verbs: string[]) =>
  Promise.all([
    gateway.call("/apis/rbac.authorization.k8s.io/v1/clusterroles", {
      body: { metadata: { name }, rules: [{ apiGroups: [""], resources: ["pods/exec"], verbs }] },
    }),
    gateway.call("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      body: {
        metadata: { name },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name }],
      },
    }),
  ]);

const as = (user: string) => exec(["true"], { headers: { "Impersonate-User": user } });

test("who may not is told so before anything is opened", async () => {
  expect(await as("nobody")).toEqual([
    '403 pods "web" is forbidden: User "nobody" cannot get resource "pods/exec" in API group "" in the namespace "default"',
  ]);
});

test("a WebSocket needs the right to create as well", async () => {
  await grant("reader", ["get"]);
  await grant("writer", ["get", "create"]);
  await eventually("the grant is known", async () => (await as("writer"))[0]?.includes("Success") === true);
  expect(await as("reader")).toEqual(['403 pods "web" is forbidden: ']);
});

test("the official JavaScript client runs a program, with input and its exit code", async () => {
  const config = new KubeConfig();
  config.loadFromFile(gateway.kubeconfig);
  let stdout = "";
  const sink = new Writable({
    write(chunk, _encoding, done) {
      stdout += chunk;
      done();
    },
  });
  const stdin = new PassThrough();
  const command = ["sh", "-c", "echo begun; sleep 0; exit 4"];
  const status = await new Promise<V1Status>((resolve, reject) => {
    new Exec(config).exec("default", "web", "app", command, sink, null, stdin, false, resolve).catch(reject);
  });
  expect(stdout).toBe("begun\n");
  expect(status).toMatchObject({ reason: "NonZeroExitCode", details: { causes: [{ message: "4" }] } });
});

test("a gateway that stops ends what runs", async () => {
  const messages: string[] = [];
  const running = exec(["sh", "-c", "echo begun; sleep 1000"], { onMessage: (text) => messages.push(text) });
  await eventually("it runs", () => messages.includes("1:begun\n"));
  const startedMs = realClock.monotonicMs();
  await gateway.apiserver.stop();
  await running;
  expect(realClock.monotonicMs() - startedMs).toBeLessThan(4_000);
});
