import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findRestoreTool } from "../../etcd/snapshot/restore-tool.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-tool-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program that says its version and the help of `snapshot restore`. */
function tool(path: string, version: string, options: { readonly flags?: string } = {}): string {
  const file = join(folder, path);
  mkdirSync(join(file, ".."), { recursive: true });
  const { flags = "--initial-cluster-token" } = options;
  writeFileSync(
    file,
    `#!/bin/sh\nif [ "$1" = version ]; then echo "etcdctl version: ${version}"; else echo "${flags}"; fi\n`,
  );
  chmodSync(file, 0o755);
  return file;
}

const bumps = { flags: "--initial-cluster-token --bump-revision --mark-compacted" };
const find = (version: string) =>
  findRestoreTool(
    { path: join(folder, "bin", "etcd"), version },
    {
      environment: { PATH: `${join(folder, "path")}:${process.env["PATH"]}`, ETCDCTL_API: "2" },
      signal: AbortSignal.timeout(10_000),
    },
  );

test("etcd 3.4 has etcdctl only; whether it raises revisions is read from its help", async () => {
  tool("bin/etcdutl", "3.6.1", bumps);
  const path = tool("bin/etcdctl", "3.4.23");
  expect(await find("3.4.23")).toEqual({ path, bumpsRevision: false });
  tool("bin/etcdctl", "3.4.28", bumps);
  expect(await find("3.4.28")).toEqual({ path, bumpsRevision: true });
});

test("since 3.5 there is etcdutl; 3.6 took restoring out of etcdctl", async () => {
  const etcdctl = tool("bin/etcdctl", "3.5.6");
  expect(await find("3.5.6")).toEqual({ path: etcdctl, bumpsRevision: false });
  const etcdutl = tool("bin/etcdutl", "3.5.6", bumps);
  expect(await find("3.5.6")).toEqual({ path: etcdutl, bumpsRevision: true });
  tool("bin/etcdctl", "3.6.1", { flags: "save" });
  await expect(find("3.6.1")).rejects.toThrow("restoring needs etcdutl 3.6: put it beside it or on PATH");
});

test("on PATH the one of the same release is taken", async () => {
  tool("bin/etcdutl", "3.5.6", bumps);
  const path = tool("path/etcdutl", "3.6.9", bumps);
  expect(await find("3.6.16")).toEqual({ path, bumpsRevision: true });
});
