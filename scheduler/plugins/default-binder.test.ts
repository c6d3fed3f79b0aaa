import { expect, test } from "vitest";
import type { Pod } from "../../api/generated/types.ts";
import { conflict, notFound, serviceUnavailable, timeout } from "../../api/status.ts";
import { ConnectionError } from "../../client/connection-error.ts";
import { VirtualClock } from "../../component-base/virtual-clock.ts";
import { podInfo } from "../pod-info.ts";
import { createDefaultBinder, type DefaultBinderDeps } from "./default-binder.ts";

const ref = { group: "", resource: "pods" };
const pod = (change: { uid?: string; nodeName?: string } = {}): Pod => ({
  metadata: { name: "web", namespace: "default", uid: change.uid ?? "u1" },
  spec: { containers: [], ...(change.nodeName !== undefined && { nodeName: change.nodeName }) },
});

/** Binds with a server that answers the POST with `post` and the reads after it one by one with `reads`. */
async function bind(answers: { post: Error | undefined; reads?: readonly (Pod | Error)[] }) {
  const clock = new VirtualClock();
  const reads = [...(answers.reads ?? [])];
  const calls: string[] = [];
  const client = {
    async createSubresource(_kind: unknown, _key: unknown, subresource: string, body: unknown) {
      calls.push(`POST ${subresource} ${JSON.stringify(body)}`);
      if (answers.post !== undefined) throw answers.post;
    },
    async get() {
      calls.push("GET");
      const answer = reads.shift();
      if (answer instanceof Error || answer === undefined) throw answer ?? new Error("read once too often");
      return answer;
    },
  };
  const deps = { client, clock, seenRevision: () => "7" } as unknown as DefaultBinderDeps;
  const plugin = createDefaultBinder(deps);
  const { signal } = new AbortController();
  const outcome = plugin.bind?.({ pod: podInfo(pod()), nodeName: "node-1", signal }).catch((error: unknown) => error);
  await clock.advance(10_000);
  return { outcome: await outcome, calls };
}

test("one POST, with the Pod's uid", async () => {
  const { outcome, calls } = await bind({ post: undefined });
  expect(outcome).toBe("bound");
  const metadata = { name: "web", namespace: "default", uid: "u1" };
  const body = { apiVersion: "v1", kind: "Binding", metadata, target: { kind: "Node", name: "node-1" } };
  expect(calls).toEqual([`POST binding ${JSON.stringify(body)}`]);
});

const lost = new ConnectionError("reset", "socket hang up");
const refused = new ConnectionError("refused", "connection refused");
const slow = timeout("etcd", {});
const taken = conflict(ref, "web", "already assigned");

test.each([
  { row: "a conflict is final", post: taken, reads: [], want: taken, gets: 0 },
  { row: "a request that was never sent is no riddle", post: refused, reads: [], want: refused, gets: 0 },
  { row: "lost, but it was done", post: lost, reads: [pod({ nodeName: "node-1" })], want: "bound", gets: 1 },
  { row: "timed out, but it was done", post: slow, reads: [pod({ nodeName: "node-1" })], want: "bound", gets: 1 },
  { row: "lost, and it was not done", post: lost, reads: [pod()], want: lost, gets: 1 },
  { row: "lost, and another was quicker", post: lost, reads: [pod({ nodeName: "node-2" })], want: lost, gets: 1 },
  { row: "another Pod of that name", post: lost, reads: [pod({ uid: "u2", nodeName: "node-1" })], want: lost, gets: 1 },
  {
    row: "the server cannot be asked for a while",
    post: lost,
    reads: [refused, serviceUnavailable("starting", 1), pod({ nodeName: "node-1" })],
    want: "bound",
    gets: 3,
  },
])("unknown outcome: $row", async ({ post, reads, want, gets }) => {
  const { outcome, calls } = await bind({ post, reads });
  expect(outcome).toBe(want);
  expect(calls.filter((call) => call === "GET")).toHaveLength(gets);
  expect(calls.filter((call) => call.startsWith("POST"))).toHaveLength(1);
});

test("a Pod that is gone is not found", async () => {
  const gone = notFound(ref, "web");
  expect((await bind({ post: lost, reads: [gone] })).outcome).toBe(gone);
});
