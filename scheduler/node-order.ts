import type { Node } from "../api/generated/types.ts";

const region = "topology.kubernetes.io/region";
const zone = "topology.kubernetes.io/zone";

/**
 * Indexes of the nodes in `rows` that have an object, zones taking turns, so that any run of them covers all zones.
 * @see k8s.io/kubernetes v1.36.0 pkg/scheduler/backend/cache/node_tree.go
 */
export function zoneInterleaved(rows: readonly (Readonly<Node> | undefined)[]): Int32Array {
  const zones = new Map<string, number[]>();
  let count = 0;
  rows.forEach((node, index) => {
    if (node === undefined) return;
    const labels = node.metadata?.labels;
    const key = `${labels?.[region] ?? ""}:${labels?.[zone] ?? ""}`;
    const members = zones.get(key);
    if (members === undefined) zones.set(key, [index]);
    else members.push(index);
    count++;
  });
  const order = new Int32Array(count);
  const lists = [...zones.values()];
  let filled = 0;
  for (let turn = 0; filled < count; turn++) {
    for (const members of lists) {
      const index = members[turn];
      if (index !== undefined) order[filled++] = index;
    }
  }
  return order;
}
