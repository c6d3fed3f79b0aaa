import { expect, test } from "vitest";
import type { ProcessInfo } from "../../component-base/process-table.ts";
import { EtcdVersions } from "./etcd-versions.ts";

const process = (name: string, row: ProcessInfo["row"], program: string): ProcessInfo => ({
  name,
  row,
  state: "running",
  startedAtMs: 1,
  restarts: 0,
  logPath: "",
  commandLine: [program, "--flag"],
});
const processes = [
  process("etcd-1", "etcd", "/a/etcd"),
  process("etcd-2", "etcd", "/a/etcd"),
  process("s", "scheduler", "/node"),
];
const table = { list: () => processes, onChange: () => () => undefined };

test("asks each program of etcd once, and tells when it knows", async () => {
  const asked: string[] = [];
  const versions = new EtcdVersions(table, async (program) => {
    asked.push(program);
    return "3.6.1";
  });
  const changed = new Promise<void>((resolve) => versions.onChange(resolve));
  expect(versions.list().map(({ version }) => version)).toEqual([undefined, undefined, undefined]);
  await changed;
  expect(versions.list().map(({ version }) => version)).toEqual(["3.6.1", "3.6.1", undefined]);
  expect(asked).toEqual(["/a/etcd"]);
});

test("asks again after a failure", async () => {
  let calls = 0;
  const versions = new EtcdVersions(table, async () => {
    if (++calls === 1) throw new Error("busy");
    return "3.6.1";
  });
  versions.list();
  await new Promise(setImmediate);
  const changed = new Promise<void>((resolve) => versions.onChange(resolve));
  versions.list();
  await changed;
  expect(versions.list()[0]?.version).toBe("3.6.1");
});
