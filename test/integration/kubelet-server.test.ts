import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Pod } from "../../api/generated/types.ts";
import { realClock } from "../../component-base/clock.ts";
import { type ClusterPki, ensureClusterPki } from "../../component-base/cluster-pki.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { logAnswer } from "../../kubelet-sim/container-logs.ts";
import { execTarget } from "../../kubelet-sim/exec/exec-target.ts";
import { type KubeletServer, startKubeletServer } from "../../kubelet-sim/server.ts";

const folder = mkdtempSync(join(tmpdir(), "kubelet-server-"));
let pki: ClusterPki;
let server: KubeletServer;

const pod: Pod = {
  metadata: { name: "web", namespace: "default", uid: "u1" },
  spec: { nodeName: "node-0", containers: [{ name: "app", image: "nginx" }] },
  status: {
    containerStatuses: [
      {
        name: "app",
        image: "nginx",
        imageID: "",
        ready: true,
        restartCount: 0,
        state: { running: { startedAt: new Date(realClock.now()).toISOString() } },
      },
    ],
  },
};

beforeAll(async () => {
  pki = await ensureClusterPki(folder, { users: [{ name: "admin", commonName: "admin" }] }, { clock: realClock });
  const tls = { certFile: pki.kubeletServerCert, keyFile: pki.kubeletServerKey, clientCaFile: pki.caFile };
  server = await startKubeletServer(
    { address: "127.0.0.1", port: 0, tls },
    {
      findPod: (_namespace, name) => (name === "web" ? pod : undefined),
      logOf: (found, container, parameters) => logAnswer(found, container, parameters, realClock),
      execIn: execTarget,
      clock: realClock,
      log: silentLogger,
    },
  );
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const gateway = () => ({
  cert: readFileSync(pki.kubeletClientCert, "utf8"),
  key: readFileSync(pki.kubeletClientKey, "utf8"),
});
const admin = () => pki.users.get("admin")!;

function get(path: string, identity: { cert?: string; key?: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: server.port, path, ca: pki.ca, agent: false, ...identity };
    const call = request(options, async (response) => {
      let text = `${response.statusCode} `;
      for await (const chunk of response) text += chunk;
      resolve(text.trimEnd());
    });
    call.once("error", reject);
    call.end();
  });
}

const answers = [
  { name: "a log", path: "/containerLogs/default/web/app?limitBytes=13", answer: "200 app: starting" },
  { name: "health", path: "/healthz", answer: "200 ok" },
  { name: "no such pod", path: "/containerLogs/default/gone/app", answer: '404 pod "gone" does not exist' },
  {
    name: "no such container",
    path: "/containerLogs/default/web/x",
    answer: '400 container "x" in pod "web" is not available',
  },
  { name: "another path", path: "/exec/default/web/app", answer: "404 404 page not found" },
];
test.each(answers)("the gateway gets $name", async ({ path, answer }) => {
  expect(await get(path, gateway())).toBe(answer);
});

test("nobody else gets anything: not an administrator, not one without a certificate", async () => {
  expect(await get("/containerLogs/default/web/app", admin())).toBe("403 Forbidden");
  await expect(get("/containerLogs/default/web/app", {})).rejects.toThrow();
});
