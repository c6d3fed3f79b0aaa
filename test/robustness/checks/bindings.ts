import type { History, Violation } from "../history.ts";

const check = "bindings";

/** No Pod ever moves from one node to another, and in the end there are exactly the Pods that are wanted, each on a node. */
export function checkBindings({ commits, watches, finals, wantedPods }: History): Violation[] {
  const nodes = new Map<string, Set<string>>();
  const note = (uid: string, node: string | undefined) => {
    const seen = nodes.get(uid) ?? new Set();
    nodes.set(uid, seen);
    if (node !== undefined && node !== "") seen.add(node);
  };
  for (const { key, uid, node } of commits) if (isPod(key)) note(uid, node);
  for (const { what } of watches) if ("seen" in what && isPod(what.seen.key)) note(what.seen.uid, what.seen.node);

  const violations: Violation[] = [];
  for (const [uid, seen] of nodes) {
    if (seen.size > 1) violations.push({ check, text: `Pod ${uid} was bound to ${[...seen].join(" and to ")}` });
  }
  if (wantedPods === undefined) return violations;
  for (const { from, items } of finals) {
    const pods = items.filter(({ key }) => isPod(key));
    if (pods.length !== wantedPods) {
      violations.push({ check, text: `${from} holds ${pods.length} Pods in the end; ${wantedPods} are wanted` });
    }
    for (const { key, uid } of pods) {
      if (nodes.get(uid)?.size === 0) violations.push({ check, text: `${key} has no node in the end` });
    }
  }
  return violations;
}

function isPod(key: string): boolean {
  return key.startsWith("pods/");
}
