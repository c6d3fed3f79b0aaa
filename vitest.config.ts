import { defineConfig } from "vitest/config";

/** Compiled validators are plain JavaScript, a megabyte of it: Node loads them as they are. */
const server = { deps: { external: [/\/api\/generated\/validators\/.*\.js$/] } };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          server,
          name: "unit",
          include: [
            "{api,component-base,etcd,apiserver,client,scheduler,controller,kubelet-sim,cli,scripts}/**/*.test.ts",
            "test/robustness/checks/*.test.ts",
          ],
          testTimeout: 10_000,
          // No module keeps state, so files can share one copy of all code: 5 s instead of 30.
          isolate: false,
          pool: "threads",
        },
      },
      {
        test: {
          server,
          name: "integration",
          include: ["test/{contract,integration}/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          server,
          name: "robustness",
          include: ["test/robustness/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          server,
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
