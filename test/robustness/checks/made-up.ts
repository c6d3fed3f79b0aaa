import type { Commit, History, Operation, Seen, WatchRecord } from "../history.ts";

/** Short ways of writing histories for the checks' own tests. Keys are `configmaps/ns/<letter>`. */
export const prefix = "configmaps/ns/";

export const key = (name: string) => `${prefix}${name}`;

/** `a:w1@5`: object a as write w1 left it at revision 5. Its uid is `uid-a` unless a second colon names another. */
export function seen(text: string): Seen {
  const [, name = "", write = "", revision, uid] = /^(\w+):(\w+)@(\d+)(?::(\w+))?$/.exec(text) ?? [];
  return { key: key(name), write, revision: Number(revision), uid: uid ?? `uid-${name}` };
}

/** `a:w1@5`: a put; `a:w1@6-`: a delete of that state. Versions are counted. */
export function commits(...texts: string[]): Commit[] {
  const versions = new Map<string, number>();
  return texts.map((text) => {
    const { key, write, revision, uid } = seen(text.replace(/-$/, ""));
    const type = text.endsWith("-") ? "delete" : "put";
    const version = type === "delete" ? 0 : (versions.get(key) ?? 0) + 1;
    versions.set(key, version);
    return { kind: "commit", type, key, write, revision, uid, group: "a", version };
  });
}

export function operation(fields: Partial<Operation> & Pick<Operation, "verb" | "callMs">): Operation {
  const { verb, callMs } = fields;
  return {
    kind: "operation",
    id: callMs,
    client: 0,
    gateway: "apiserver",
    key: key("a"),
    returnMs: callMs + 1,
    outcome: "ok",
    code: 200,
    ...((verb === "get" || verb === "list") && { read: "consistent" }),
    ...fields,
  };
}

/** An acknowledged create or update: `a:w1@5`. */
export function wrote(text: string, fields: Partial<Operation> & Pick<Operation, "verb" | "callMs">): Operation {
  const object = seen(text);
  return operation({ key: object.key, write: object.write, revision: object.revision, seen: object, ...fields });
}

/** What watcher 0 got, in order. `+a:w1@5`, `~a:w1@5`, `-a:w1@5` are events; `*7` a bookmark; `=3 a:w1@2 …` a state; `>3` an opening; `!` expired. */
export function watched(...texts: string[]): WatchRecord[] {
  return texts.map((text, index) => ({
    kind: "watch",
    watcher: 0,
    gateway: "apiserver",
    atMs: 1_000 + index,
    prefix,
    what: what(text),
  }));
}

function what(text: string): WatchRecord["what"] {
  const rest = text.slice(1);
  switch (text[0]) {
    case "+":
      return { type: "ADDED", seen: seen(rest) };
    case "~":
      return { type: "MODIFIED", seen: seen(rest) };
    case "-":
      return { type: "DELETED", seen: seen(rest) };
    case "*":
      return { type: "BOOKMARK", revision: Number(rest) };
    case ">":
      return { type: "open", revision: Number(rest) };
    case "=": {
      const [revision, ...items] = rest.split(" ");
      return { type: "state", revision: Number(revision), items: items.map(seen), askedMs: 500 };
    }
    default:
      return { type: "expired" };
  }
}

export function history(parts: Partial<History>): History {
  return {
    seed: 0,
    startRevision: 0,
    compactedRevision: 0,
    troubles: [],
    operations: [],
    watches: [],
    commits: [],
    finals: [],
    faults: [],
    ...parts,
  };
}
