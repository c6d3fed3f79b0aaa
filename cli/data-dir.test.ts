import { resolve } from "node:path";
import { expect, test } from "vitest";
import { dataDir, findDataDir, findKubeconfig } from "./data-dir.ts";

test.each([
  ["the flag before the environment", "a", { GATEHOUSE_DATA_DIR: "b" }, "a"],
  ["the environment before the default", undefined, { GATEHOUSE_DATA_DIR: "b" }, "b"],
  ["the default last", undefined, {}, ".gatehouse"],
  ["an empty variable is none", undefined, { GATEHOUSE_DATA_DIR: "" }, ".gatehouse"],
])("data directory: %s", (_name, flag, environment, expected) => {
  expect(findDataDir(flag, environment).root).toBe(resolve(expected));
});

test.each([
  ["the flag before the environment", "a", { KUBECONFIG: "b" }, "a"],
  ["the environment before the data directory", undefined, { KUBECONFIG: "b" }, "b"],
  ["the first of several files", undefined, { KUBECONFIG: ":b:c" }, "b"],
  ["the data directory's last", undefined, {}, "/data/kubeconfig"],
])("kubeconfig: %s", (_name, flag, environment, expected) => {
  expect(findKubeconfig(flag, environment, dataDir("/data"))).toBe(expected);
});
