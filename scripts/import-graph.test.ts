import { expect, test } from "vitest";
import { findImportProblems } from "./import-graph.ts";

const problemsOf = (files: Record<string, string>) => findImportProblems(new Map(Object.entries(files)));

test.each([
  ["a loop may use the client", "scheduler/run.ts", 'import { x } from "../client/informer.ts";'],
  ["a room may use itself", "api/kinds.ts", 'import { pods } from "./core/v1/pod.ts";'],
  ["the etcd room may use gRPC", "apiserver/storage/etcd3/kv.ts", 'import * as grpc from "@grpc/grpc-js";'],
  ["a test may use anything", "scheduler/run.test.ts", 'import { x } from "../apiserver/start.ts";'],
  ["cli may start components", "cli/up.ts", 'await import("../apiserver/start.ts");'],
  ["a comment is no import", "api/kinds.ts", '// import { x } from "../client/informer.ts";'],
])("allowed: %s", (_name, file, text) => {
  expect(problemsOf({ [file]: text })).toEqual([]);
});

test.each([
  ["gRPC outside the etcd room", "apiserver/http/get.ts", 'import { Client } from "@grpc/grpc-js";'],
  ["gRPC in the launcher", "cli/up.ts", 'const grpc = await import("@grpc/grpc-js");'],
  ["proto/ outside the etcd room", "client/etcd.ts", 'readFileSync(join(packageRoot(), "proto/rpc.proto"));'],
  ["fastify outside http", "apiserver/storage/cacher/cacher.ts", 'import fastify from "fastify";'],
  ["a loop that reads the gateway's code", "scheduler/run.ts", 'import { x } from "../apiserver/start.ts";'],
  ["a loop that reads another loop", "controller/run.ts", 'import type { x } from "../scheduler/start.ts";'],
  ["a loop that starts etcd", "kubelet-sim/run.ts", 'export { x } from "../etcd/start.ts";'],
  ["api that imports ours", "api/kinds.ts", 'import { realClock } from "../component-base/clock.ts";'],
  ["the launcher inside a component", "cli/up.ts", 'import { x } from "../scheduler/queue.ts";'],
  ["a package that the room does not need", "scheduler/run.ts", 'import { pino } from "pino";'],
])("forbidden: %s", (_name, file, text) => {
  expect(problemsOf({ [file]: text })).toHaveLength(1);
});

test("a circle is named with all its files", () => {
  const files = {
    "api/a.ts": 'import { b } from "./b.ts";',
    "api/b.ts": 'export { c } from "./c.ts";',
    "api/c.ts": 'import "./a.ts";',
  };
  expect(problemsOf(files)).toEqual(["circle of imports: api/a.ts → api/b.ts → api/c.ts → api/a.ts"]);
});
