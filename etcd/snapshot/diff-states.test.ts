import { expect, test } from "vitest";
import { diffStates } from "./diff-states.ts";
import type { StateEntry } from "./state.ts";

async function* state(...keys: readonly (readonly [key: string, revision: bigint, hash: string])[]) {
  for (const [key, modRevision, valueHash] of keys) {
    yield { key, modRevision, valueHash, createRevision: 1n, version: 1n, lease: 0n } satisfies StateEntry;
  }
}

test("vanished, back and changed are told apart; an old value or an old revision is no change", async () => {
  const before = [
    { storageKey: "/registry/pods/gone", revision: 9n, hash: "a" },
    { storageKey: "/registry/pods/other", revision: 8n, hash: "new" },
    { storageKey: "/registry/pods/rewritten", revision: 7n, hash: "same" },
    { storageKey: "/registry/pods/unread", revision: 3n, hash: "as the gateway writes it" },
    { storageKey: "/elsewhere", revision: 3n, hash: "x" },
  ];
  const after = state(
    ["/registry/pods/unread", 3n, "as it was written"],
    ["/registry/pods/rewritten", 2n, "same"],
    ["/registry/pods/other", 2n, "old"],
    ["/registry/pods/back", 1n, "b"],
    ["/somewhere", 1n, "b"],
  );
  expect(await diffStates(before, after, { prefix: "/registry" })).toEqual({
    vanished: ["/registry/pods/gone"],
    cameBack: ["/registry/pods/back"],
    changed: ["/registry/pods/other"],
    unchanged: 2,
  });
});
