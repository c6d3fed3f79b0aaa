import { isDeepStrictEqual } from "node:util";
import type { ClusterRole } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { nameOf } from "../../api/meta.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { queueController } from "../queue-controller.ts";
import { aggregatedRules } from "./aggregate-rules.ts";

/** Fills ClusterRoles that have an aggregation rule with the rules of the roles it selects. */
export function clusterRoleAggregationController(context: ControllerContext): Controller {
  const { client } = context;
  const roles = context.informer({ kind: kinds.clusterRoles });
  const { queue, controller } = queueController(context, {
    workers: 5,
    async reconcile(name, { signal }) {
      const role = roles.get({ namespace: "", name });
      if (role?.aggregationRule === undefined) return { kind: "done" };
      const rules = aggregatedRules(role, roles.list());
      if (isDeepStrictEqual(role.rules ?? [], rules)) return { kind: "done" };
      await client.update(kinds.clusterRoles, { ...role, rules }, { signal, seenRevision: roles.lastSeenRevision });
      return { kind: "done" };
    },
  });
  const changed = (_role: ClusterRole) => {
    for (const role of roles.list()) if (role.aggregationRule !== undefined) queue.add(nameOf(role));
  };
  roles.addHandler({ onAdd: changed, onUpdate: (_old, role) => changed(role), onDelete: changed });
  return controller;
}
