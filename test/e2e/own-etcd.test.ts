import { relative } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { processIdentity } from "../../component-base/process-identity.ts";
import { startTestEtcd, type TestEtcd } from "../harness/etcd.ts";
import { gatehouse, startPlane, type TestPlane } from "../harness/plane.ts";

let etcd: TestEtcd;
let plane: TestPlane;
beforeAll(async () => {
  etcd = await startTestEtcd();
  const { ca, cert, key } = etcd.gateway;
  // As a user types them: seen from where `up` runs.
  const file = (path: string) => relative(process.cwd(), path);
  plane = await startPlane({
    flags: [
      "--single-process",
      `--etcd-servers=${etcd.clientUrls.join(",")}`,
      `--etcd-cafile=${file(ca)}`,
      `--etcd-certfile=${file(cert)}`,
      `--etcd-keyfile=${file(key)}`,
    ],
  });
});
afterAll(async () => {
  await plane?.destroy();
  await etcd?.stop();
});

test("on an etcd of the user's own, etcdctl and access-test work from any folder", async () => {
  const at = ["--data-dir", plane.dataDir];
  const keys = await gatehouse(["etcdctl", ...at, "get", "/", "--prefix", "--keys-only"], { cwd: etcd.folder });
  expect(keys.stdout).toContain("/registry/minions/node-0\n");
  const access = await gatehouse(["access-test", ...at], { cwd: etcd.folder });
  expect(access.stdout.match(/accepted/g)).toHaveLength(1);
  expect(access).toMatchObject({ code: 0, stdout: expect.stringMatching(/\(the gateway\).*accepted.*ok/) });
});

test("stopping the plane leaves that etcd alone", async () => {
  expect(plane.pids(/etcd --name/)).toEqual([]);
  expect(await plane.stop()).toBe(0);
  expect(etcd.etcd.members.map(({ pid }) => processIdentity(pid))).not.toContain(undefined);
});

test.each([
  ["files without servers", ["--etcd-cafile=ca.crt"], "are for an etcd that --etcd-servers names"],
  ["a certificate without its key", ["--etcd-servers=https://h", "--etcd-certfile=c"], "all three files are needed"],
  ["an address that is no URL", ["--etcd-servers=127.0.0.1:2379"], "127.0.0.1:2379 is no URL like"],
])("%s: refused with a sentence", async (_name, flags, sentence) => {
  const { code, stderr } = await gatehouse(["up", "--data-dir", plane.dataDir, "--secure-port", "0", ...flags]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(sentence) });
  expect(stderr).not.toContain("    at ");
});
