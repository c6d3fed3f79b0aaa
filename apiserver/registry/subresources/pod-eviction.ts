import type { Eviction, Pod, PodCondition, PodStatus } from "../../../api/generated/types.ts";
import { defineKind } from "../../../api/kind.ts";
import { badRequest } from "../../../api/status.ts";
import { timestamp } from "../../../component-base/clock.ts";
import type { RequestContext } from "../../http/request-context.ts";
import { decodeBody } from "../decode-body.ts";
import { checkPreconditions, deleteObject } from "../delete.ts";
import type { AnyObject, Resource } from "../resource.ts";
import type { DeleteOptions, SubresourceStore, WriteOptions } from "../store.ts";
import { writeExisting } from "../write-existing.ts";
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
      const deletion = deleteOptionsOf(eviction, options.dryRun);
      if (options.dryRun) await deleteObject(pods, ctx, name, deletion);
      else await markAndDelete(pods, ctx, { name, options, deletion });
      return created();
    },
  };
}

interface EvictedPod {
  readonly name: string;
  readonly options: WriteOptions;
  readonly deletion: DeleteOptions;
}

/**
 * Says in the Pod's status why it goes, before it does.
 * @see k8s.io/kubernetes v1.36.3 pkg/registry/core/pod/storage/eviction.go addConditionAndDeletePod
 */
async function markAndDelete(pods: Resource, ctx: RequestContext, pod: EvictedPod): Promise<void> {
  const { name, options, deletion } = pod;
  const { preconditions } = deletion;
  const next = (current: Readonly<AnyObject>): AnyObject => {
    checkPreconditions(pods, current, deletion);
    return { ...current, status: withCondition((current as Readonly<Pod>).status, timestamp(pods.clock)) };
  };
  const marked = await writeExisting(
    pods,
    ctx,
    { name, subresource: "status", verb: "update", derived: true, next },
    options,
  );
  const resourceVersion = marked.object.metadata?.resourceVersion;
  await deleteObject(pods, ctx, name, {
    ...deletion,
    ...(preconditions?.resourceVersion !== undefined &&
      resourceVersion !== undefined && { preconditions: { ...preconditions, resourceVersion } }),
  });
}

function withCondition(status: Readonly<PodStatus> | undefined, now: string): PodStatus {
  const conditions = status?.conditions ?? [];
  const before = conditions.find(({ type }) => type === "DisruptionTarget");
  const condition: PodCondition = {
    type: "DisruptionTarget",
    status: "True",
    lastProbeTime: null as never,
    lastTransitionTime: (before?.status === "True" ? before.lastTransitionTime : now) ?? now,
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
  };
  return { ...status, conditions: [...conditions.filter((other) => other !== before), condition] };
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
