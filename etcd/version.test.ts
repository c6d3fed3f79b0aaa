import { expect, test } from "vitest";
import { isSupported, parseVersion } from "./version.ts";

test.each([
  ["etcd 3.4", "etcd Version: 3.4.23\nGit SHA: Not provided\nGo Version: go1.19.8\n", "3.4.23"],
  ["etcdctl", "etcdctl version: 3.5.27\nAPI version: 3.5\n", "3.5.27"],
  ["another program", "usage: etcd [flags]", undefined],
])("parses what %s prints", (_name, output, version) => {
  expect(parseVersion(output)).toBe(version);
});

test.each([
  ["3.3.27", false],
  ["3.4.21", false],
  ["3.4.22", true],
  ["3.5.5", false],
  ["3.5.6", true],
  ["3.6.0", true],
  ["3.7.1", true],
  ["4.0.0", false],
])("%s is supported: %s", (version, supported) => {
  expect(isSupported(version)).toBe(supported);
});
