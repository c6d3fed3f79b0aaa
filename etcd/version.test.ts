import { expect, test } from "vitest";
import { isSupported, parseVersion, upgradeProblem } from "./version.ts";

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

test.each([
  ["3.5.21", "3.5.27", undefined],
  ["3.5.27", "3.5.21", undefined],
  ["3.4.23", "3.5.27", undefined],
  ["3.5.27", "3.6.16", undefined],
  ["3.4.23", "3.6.16", "one minor release at a time: 3.5 first"],
  ["3.6.16", "3.5.27", "the data of a later minor release cannot be read by an earlier one"],
  ["3.6.16", "4.0.0", "another major release is another program"],
])("from %s to %s: %s", (from, to, problem) => {
  expect(upgradeProblem(from, to)).toBe(problem);
});
