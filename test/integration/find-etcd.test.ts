import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findEtcd } from "../../etcd/find.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-find-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program that says it is etcd of that version. */
function fakeEtcd(place: string, version: string): string {
  mkdirSync(join(folder, place), { recursive: true });
  for (const program of ["etcd", "etcdctl"]) {
    const path = join(folder, place, program);
    writeFileSync(path, `#!/bin/sh\necho "etcd Version: ${version}"\n`);
    chmodSync(path, 0o755);
  }
  return join(folder, place, "etcd");
}

/** An environment whose PATH and cache are ours; nothing can be fetched. */
function find(environment: Record<string, string> = {}) {
  const said: string[] = [];
  const found = findEtcd(
    {
      environment: { PATH: join(folder, "bin"), XDG_CACHE_HOME: join(folder, "cache"), ...environment },
      say: (line) => said.push(line),
      fetch: () => Promise.reject(new Error("the network is down")),
    },
    { signal: AbortSignal.timeout(20_000) },
  );
  return { found, said };
}

test("GATEHOUSE_ETCD goes before PATH, PATH before the cache", async () => {
  const named = fakeEtcd("named", "3.6.1");
  const onPath = fakeEtcd("bin", "3.5.9");
  const cached = fakeEtcd("cache/gatehouse/etcd", "3.4.30");
  expect(await find({ GATEHOUSE_ETCD: named }).found).toMatchObject({ path: named, version: "3.6.1" });
  expect(await find().found).toMatchObject({ path: onPath, etcdctl: join(folder, "bin", "etcdctl") });
  expect(await find({ PATH: "" }).found).toMatchObject({ path: cached });
});

test("an etcd on PATH that is too old is passed over, and the user is told", async () => {
  fakeEtcd("bin", "3.5.5");
  const cached = fakeEtcd("cache/gatehouse/etcd", "3.4.30");
  const { found, said } = find();
  expect(await found).toMatchObject({ path: cached });
  expect(said.join()).toMatch(/3\.5\.5.*is needed/);
});

test("GATEHOUSE_ETCD that is too old is an error, not passed over", async () => {
  const named = fakeEtcd("named", "3.4.21");
  await expect(find({ GATEHOUSE_ETCD: named }).found).rejects.toThrow("it is 3.4.21");
});

test("when nothing works, one sentence says what to install", async () => {
  await expect(find().found).rejects.toThrow(/the network is down.*install etcd 3\.4\.22/);
});

test("a download with the wrong digest is not used", async () => {
  const content = "not etcd";
  const found = findEtcd(
    {
      environment: { PATH: join(folder, "bin"), XDG_CACHE_HOME: join(folder, "cache") },
      say: () => undefined,
      fetch: async () => new Response(content),
    },
    { signal: AbortSignal.timeout(20_000) },
  );
  await expect(found).rejects.toThrow(`SHA-256 ${createHash("sha256").update(content).digest("hex")}, expected`);
});
