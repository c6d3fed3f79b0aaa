import { expect, test } from "vitest";
import type { Commit, Final } from "../history.ts";
import { checkBindings } from "./bindings.ts";
import { history } from "./made-up.ts";

const pod = (name: string, revision: number, node?: string): Commit => ({
  kind: "commit",
  revision,
  type: "put",
  key: `pods/ns/${name}`,
  write: "",
  uid: name,
  group: "",
  version: 1,
  ...(node !== undefined && { node }),
});
const end = (...names: string[]): Final[] => [
  {
    kind: "final",
    from: "etcd",
    revision: 9,
    items: names.map((uid) => ({ key: `pods/ns/${uid}`, revision: 1, write: "", uid })),
  },
];
const bound = [pod("p", 1), pod("p", 2, "node-1"), pod("p", 3, "node-1")];

test.each([
  { name: "bound once", commits: bound, problems: [] },
  {
    name: "bound twice",
    commits: [...bound, pod("p", 4, "node-2")],
    problems: ["Pod p was bound to node-1 and to node-2"],
  },
  {
    name: "one too many",
    commits: bound,
    finals: end("p", "q"),
    problems: ["etcd holds 2 Pods in the end; 1 are wanted"],
  },
  { name: "one too few", commits: bound, finals: end(), problems: ["etcd holds 0 Pods in the end; 1 are wanted"] },
  { name: "never bound", commits: [pod("p", 1)], finals: end("p"), problems: ["pods/ns/p has no node in the end"] },
])("$name", ({ commits, finals = end("p"), problems }) => {
  const found = checkBindings(history({ commits, finals, wantedPods: 1 }));
  expect(found.map(({ text }) => text)).toEqual(problems);
});

test("what a watcher was shown counts too", () => {
  const object = { key: "pods/ns/p", revision: 4, write: "", uid: "p", node: "node-2" };
  const watches = [
    { kind: "watch", watcher: 0, gateway: "g", atMs: 0, prefix: "pods/ns/", what: { type: "MODIFIED", seen: object } },
  ] as const;
  expect(checkBindings(history({ commits: bound, watches }))).toHaveLength(1);
});
