import { expect, test } from "vitest";
import { CachedObject } from "./cached-object.ts";
import { Change } from "./change.ts";
import { firstAfter, ObjectTree } from "./tree.ts";

function object(key: string, revision: bigint): CachedObject {
  return new CachedObject(key, revision, Buffer.from("{}"));
}

function keys(tree: ObjectTree, prefix: string): string[] {
  return tree
    .folder(prefix)
    .slots()
    .map(({ key }) => key);
}

test("lists stay in byte order while keys come and go at random", () => {
  const tree = new ObjectTree("/r/", 0n);
  const names = ["a/x", "a/y", "a-/x", "a", "b/c/d", "b/c", "b.c/d", "b0/d", "a/x-", "a/x.", "z"];
  const present = new Set<string>();
  let seed = 7;
  for (let step = 1; step < 2_000; step++) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    const key = `/r/${names[seed % names.length] ?? "a"}`;
    if (present.delete(key)) tree.delete(key, BigInt(step));
    else {
      present.add(key);
      tree.put(object(key, BigInt(step)));
    }
    if (step % 7 !== 0) continue;
    const sorted = [...present].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(keys(tree, "/r/")).toEqual(sorted);
    expect(keys(tree, "/r/a/")).toEqual(sorted.filter((other) => other.startsWith("/r/a/")));
    expect(tree.size).toBe(present.size);
  }
});

test("a folder knows the newest change below it, deletes included, and none beside it", () => {
  const tree = new ObjectTree("/r/", 0n);
  tree.put(object("/r/pods/a/x", 3n));
  tree.put(object("/r/pods/b/x", 4n));
  tree.delete("/r/pods/a/x", 7n);
  expect(tree.folder("/r/pods/").lastChange).toBe(7n);
  expect(tree.folder("/r/pods/b/").lastChange).toBe(4n);
  expect(tree.folder("/r/").lastChange).toBe(7n);
});

test("folders that are only looked into, or have become empty with nobody listening, are not kept", () => {
  const tree = new ObjectTree("/r/", 0n);
  tree.put(object("/r/pods/a/x", 3n));
  const kept = tree.folderCount;
  for (let at = 0; at < 10; at++) expect(keys(tree, `/r/secrets/made-up-${at}/`)).toEqual([]);
  tree.put(object("/r/pods/b/c/x", 4n));
  tree.delete("/r/pods/b/c/x", 5n);
  const heard: bigint[] = [];
  const stop = tree.listen("/r/pods/later/", { onChange: ({ revision }) => heard.push(revision) });
  tree.put(object("/r/pods/later/x", 6n));
  tree.delete("/r/pods/later/x", 7n);
  tree.notify(new Change("/r/pods/later/x", 7n, object("/r/pods/later/x", 6n), undefined));
  expect(heard).toEqual([7n]);
  stop();
  expect(tree.folderCount).toBe(kept);
  expect(tree.folder("/r/pods/b/").lastChange).toBeGreaterThanOrEqual(5n);
});

test("an update keeps the slot, so a list read before sees it", () => {
  const tree = new ObjectTree("/r/", 0n);
  tree.put(object("/r/pods/x", 1n));
  const slots = tree.folder("/r/pods/").slots();
  tree.put(object("/r/pods/x", 2n));
  expect(slots[0]?.current?.revision).toBe(2n);
  expect(tree.folder("/r/pods/").slots()).toBe(slots);
});

test.each([
  { after: "", index: 0 },
  { after: "/r/a", index: 1 },
  { after: "/r/aa", index: 1 },
  { after: "/r/c", index: 3 },
])("the first key after $after is at $index", ({ after, index }) => {
  const tree = new ObjectTree("/r/", 0n);
  for (const name of ["b", "a", "c"]) tree.put(object(`/r/${name}`, 1n));
  expect(firstAfter(tree.folder("/r/").slots(), after)).toBe(index);
});
