import { expect, test } from "vitest";
import { PendingWrites } from "./pending-writes.ts";

const key = "/r/x";
const value = Buffer.from('{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x"}}');

function begin(pending: PendingWrites) {
  return pending.begin(key, value, { kind: "Pod", apiVersion: "v1", metadata: { name: "x" } });
}

test.each([
  { name: "the answer", answerFirst: true },
  { name: "the watch", answerFirst: false },
])("both make one object when $name is first", ({ answerFirst }) => {
  const pending = new PendingWrites();
  const write = begin(pending);
  if (answerFirst) pending.answered(write, 5n, 4n);
  const seen = pending.seen(key, 5n, Buffer.from(value))?.stored;
  if (!answerFirst) pending.answered(write, 5n, 5n);
  expect(seen).toBe(write.stored);
  expect(seen?.object.metadata?.resourceVersion).toBe("5");
  expect(pending.newest(key)).toBeUndefined();
});

test("the same bytes written by somebody else first do not become our revision", () => {
  const pending = new PendingWrites();
  const write = begin(pending);
  const theirs = pending.seen(key, 5n, Buffer.from(value))?.stored;
  pending.answered(write, 7n, 5n);
  expect(write.stored?.revision).toBe(7n);
  expect(write.stored?.object.metadata?.resourceVersion).toBe("7");
  expect(theirs?.object.metadata?.resourceVersion).toBe("5");
});

test("until the watch has shown it, an answered write is the newest that is known", () => {
  const pending = new PendingWrites();
  pending.answered(begin(pending), 5n, 4n);
  expect(pending.newest(key)?.revision).toBe(5n);
  expect(pending.seen(key, 5n, value)).toBeDefined();
  expect(pending.newest(key)).toBeUndefined();
});

test("other values and other keys are somebody else's", () => {
  const pending = new PendingWrites();
  begin(pending);
  expect(pending.seen(key, 5n, Buffer.from("{}"))).toBeUndefined();
  expect(pending.seen(key, 5n, undefined)).toBeUndefined();
  expect(pending.seen("/r/y", 5n, value)).toBeUndefined();
});
