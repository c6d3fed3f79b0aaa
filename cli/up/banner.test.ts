import { expect, test } from "vitest";
import { dataDir } from "../data-dir.ts";
import { readyBanner } from "./banner.ts";

test.each([
  ["a plain path", "/data/one", "export KUBECONFIG=/data/one/kubeconfig"],
  ["a path with a space", "/my data", "export KUBECONFIG='/my data/kubeconfig'"],
  ["a path with a quote", "/it's", "export KUBECONFIG='/it'\\''s/kubeconfig'"],
])("the export line can be pasted: %s", (_name, root, expected) => {
  const banner = readyBanner({ elapsedMs: 1, server: "https://127.0.0.1:6443", folder: dataDir(root) });
  expect(banner).toContain(`  ${expected}\n`);
});

test("several members and API servers are told, with how many may be lost", () => {
  const facts = { elapsedMs: 1, server: "https://127.0.0.1:6443", folder: dataDir("/data") };
  expect(readyBanner({ ...facts, members: 5, gateways: 2 })).toContain(
    "  API server  https://127.0.0.1:6443, a balancer in front of 2\n  etcd        5 members, of which 2 may be lost\n  logs ",
  );
  expect(readyBanner(facts)).toContain("  API server  https://127.0.0.1:6443\n  logs ");
});
