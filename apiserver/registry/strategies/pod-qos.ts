import type { PodSpec } from "../../../api/generated/types.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const counted = ["cpu", "memory"] as const;

/**
 * How a Pod is treated when its node runs short. Quantities must be canonical.
 * @see k8s.io/kubernetes v1.36.0 pkg/apis/core/v1/helper/qos/qos.go
 */
export function qosClassOf(spec: Readonly<PodSpec> | undefined): QosClass {
  let anything = false;
  let guaranteed = true;
  for (const { resources } of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]) {
    for (const name of counted) {
      const request = nonZero(resources?.requests?.[name]);
      const limit = nonZero(resources?.limits?.[name]);
      if (request !== undefined || limit !== undefined) anything = true;
      if (limit === undefined || (request !== undefined && request !== limit)) guaranteed = false;
    }
  }
  if (!anything) return "BestEffort";
  return guaranteed ? "Guaranteed" : "Burstable";
}

const nonZero = (quantity: string | undefined) => (quantity === undefined || quantity === "0" ? undefined : quantity);
