import type { Eviction } from "../../../api/generated/types.ts";
import { defineKind } from "../../../api/kind.ts";
import { badRequest } from "../../../api/status.ts";
import { decodeBody } from "../decode-body.ts";
import { deleteObject } from "../delete.ts";
import type { Resource } from "../resource.ts";
import type { DeleteOptions, SubresourceStore } from "../store.ts";
import { created } from "./success.ts";

const evictions = defineKind<Eviction>({
  group: "policy",
  version: "v1",
  kind: "Eviction",
  plural: "evictions",
  scope: "Namespaced",
  schema: "io.k8s.api.policy.v1.Eviction",
  storage: null,
});

/** `pods/eviction`: a deletion that disruption budgets may refuse; no budgets are served, so none does. */
export function evictionStore(pods: Resource): SubresourceStore {
  return {
    async create(ctx, name, body, options) {
      const { schema } = pods;
      const { fieldValidation } = options;
      const decoded = await decodeBody(body, { kind: evictions, schema, ctx, fieldValidation });
      const eviction = decoded as unknown as Eviction;
      if (eviction.metadata?.name && eviction.metadata.name !== name) {
        throw badRequest("name in URL does not match name in Eviction object");
      }
      await deleteObject(pods, ctx, name, deleteOptionsOf(eviction, options.dryRun));
      return created();
    },
  };
}

function deleteOptionsOf({ deleteOptions }: Eviction, dryRun: boolean): DeleteOptions {
  const { gracePeriodSeconds, propagationPolicy, preconditions } = deleteOptions ?? {};
  const policy = (["Background", "Foreground", "Orphan"] as const).find((known) => known === propagationPolicy);
  return {
    dryRun,
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(policy !== undefined && { propagationPolicy: policy }),
    ...(preconditions !== undefined && { preconditions }),
  };
}
