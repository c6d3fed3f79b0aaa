import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGateway, type TestGateway } from "../harness/gateway.ts";
import { hasKubectl, type Kubectl, kubectlFor } from "../harness/kubectl.ts";

let gateway: TestGateway;
let kubectl: Kubectl;
beforeAll(async () => {
  gateway = await startGateway();
  kubectl = kubectlFor(gateway.kubeconfig);
});
afterAll(() => gateway?.stop());

test.skipIf(!hasKubectl)("stock kubectl creates, reads, applies and deletes", { timeout: 120_000 }, async () => {
  expect(await kubectl("create", "configmap", "made", "--from-literal=a=b")).toBe("configmap/made created\n");
  expect(await kubectl("get", "configmaps")).toMatch(/^NAME +DATA +AGE\nmade +1 +\d+s\n$/);
  expect(await kubectl("describe", "configmap", "made")).toMatch(/Name: +made[\s\S]*a:\n----\nb\n/);
  const file = join(gateway.etcd.folder, "applied.yaml");
  const write = (value: string) =>
    writeFileSync(file, `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: applied\ndata:\n  a: ${value}\n`);
  write("one");
  expect(await kubectl("apply", "-f", file)).toBe("configmap/applied created\n");
  expect(await kubectl("apply", "-f", file)).toBe("configmap/applied unchanged\n");
  write("two");
  expect((await kubectl.run(["diff", "-f", file])).stdout).toContain("+  a: two");
  expect(await kubectl("apply", "-f", file)).toBe("configmap/applied configured\n");
  expect(await kubectl("get", "cm", "applied", "-o", "jsonpath={.data.a}")).toBe("two");
  const typo = await kubectl.run(["apply", "-f", "-"], {
    stdin: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: typo}\ndta: {a: b}\n",
  });
  expect(typo.stderr).toContain('strict decoding error: unknown field "dta"');
  expect(await kubectl("explain", "configmap.data")).toContain("FIELD: data <map[string]string>");
  const lines = await kubectl.follow(["get", "cm", "applied", "-w"], (seen) => seen.length > 1);
  expect(lines[1]).toMatch(/^applied +1 /);
  expect(await kubectl("delete", "cm", "made", "applied")).toContain('configmap "applied" deleted');
  expect((await kubectl.run(["get", "cm", "made"])).stderr).toContain('configmaps "made" not found');
  expect(await kubectl("auth", "whoami")).toContain("admin");
  expect((await kubectl.run(["get", "foos"])).stderr).toContain(`the server doesn't have a resource type "foos"`);
});
