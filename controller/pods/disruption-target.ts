import type { Pod } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { keyOf, uidOf } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import type { RestClient } from "../../client/rest-client.ts";

export interface DisruptionOptions {
  /** Why. Absent: nothing is said of it, only the phase ends. */
  readonly why?: { readonly reason: string; readonly message: string };
  /** RFC 3339, seconds. */
  readonly now: string;
  /** Also end the Pod's phase, because nobody else will. */
  readonly fail?: boolean;
  readonly signal: AbortSignal;
}

/** Says in a Pod's status why it is about to be deleted. False: the Pod has gone already. */
export async function markDisruptionTarget(
  pod: Pod,
  client: Pick<RestClient, "patch">,
  options: DisruptionOptions,
): Promise<boolean> {
  const { why, now, fail, signal } = options;
  const { generation } = pod.metadata ?? {};
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    ...why,
    lastProbeTime: null,
    lastTransitionTime: now,
    ...observed,
  };
  const status = {
    ...(why !== undefined && { conditions: [condition] }),
    ...(fail === true && { phase: "Failed", ...observed }),
  };
  const body = { metadata: { uid: uidOf(pod) }, status };
  try {
    await client.patch(kinds.pods, keyOf(pod), { type: "strategic", body }, { subresource: "status", signal });
    return true;
  } catch (error) {
    // 409 and 422: another Pod of that name.
    if (error instanceof StatusError && [404, 409, 422].includes(error.code)) return false;
    throw error;
  }
}
