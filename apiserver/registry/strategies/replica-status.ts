import { type FieldError, invalidValue } from "../../../api/field-errors.ts";
import { notNegative } from "./field-checks.ts";

type Counts = Readonly<Record<string, unknown>>;

/**
 * Counts in the status of a Deployment or ReplicaSet that cannot be.
 * @param parts - counters of some of the replicas
 * @param others - counters of something else
 * @see k8s.io/kubernetes v1.36.3 pkg/apis/apps/validation/validation.go ValidateDeploymentStatus, ValidateReplicaSetStatus
 */
export function replicaStatusErrors(
  status: object | undefined,
  { parts, others }: { readonly parts: readonly string[]; readonly others: readonly string[] },
): FieldError[] {
  const counts = (status ?? {}) as Counts;
  const count = (name: string) => (typeof counts[name] === "number" ? counts[name] : 0);
  const greater = (name: string, than: string, detail: string) =>
    count(name) > count(than) ? [invalidValue(`status.${name}`, count(name), detail)] : [];
  return [
    ...["replicas", ...parts, ...others].flatMap((name) => notNegative(`status.${name}`, count(name))),
    ...parts.flatMap((name) => greater(name, "replicas", "cannot be greater than status.replicas")),
    ...greater("availableReplicas", "readyReplicas", "cannot be greater than readyReplicas"),
  ];
}
