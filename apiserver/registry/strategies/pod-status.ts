import { type FieldError, forbiddenField, immutable, invalidValue } from "../../../api/field-errors.ts";
import type { ContainerStatus, Pod, PodCondition } from "../../../api/generated/types.ts";
import { checkIp, ipFamily } from "../meta/ip-checks.ts";
import { checkQualifiedName, checkSubdomain } from "../meta/names.ts";
import { problems } from "./field-checks.ts";

const systemConditions = new Set(["PodScheduled", "Ready", "Initialized"]);

/** @see k8s.io/kubernetes v1.36.3 pkg/apis/core/validation/validation.go ValidatePodStatusUpdate */
export function podStatusErrors({ spec, status }: Readonly<Pod>, old: Readonly<Pod>): FieldError[] {
  const before = old.status;
  const { observedGeneration = 0, nominatedNodeName = "" } = status ?? {};
  const errors = conditionErrors(status?.conditions ?? []);
  if (nominatedNodeName !== "" && nominatedNodeName !== before?.nominatedNodeName) {
    const field = "status.nominatedNodeName";
    errors.push(...problems(field, nominatedNodeName, checkSubdomain(nominatedNodeName)));
    if (old.spec?.nodeName) {
      errors.push(forbiddenField(field, "may not be set on pods that are already bound to a node"));
    }
  }
  if (observedGeneration < 0) {
    errors.push(invalidValue("status.observedGeneration", observedGeneration, "must be a non-negative integer"));
  }
  if (status?.qosClass !== before?.qosClass) errors.push(immutable("status.qosClass", status?.qosClass ?? null));
  errors.push(...restartErrors(status?.containerStatuses ?? [], before?.containerStatuses ?? [], spec?.restartPolicy));
  errors.push(...addressErrors("status.podIPs", status?.podIPs ?? [], before?.podIPs ?? []));
  const [host] = status?.hostIPs ?? [];
  if (host !== undefined && host.ip !== status?.hostIP) {
    errors.push(invalidValue("status.hostIPs[0].ip", host.ip, "must be equal to `hostIP`"));
  }
  return [...errors, ...addressErrors("status.hostIPs", status?.hostIPs ?? [], before?.hostIPs ?? [])];
}

function conditionErrors(conditions: readonly Readonly<PodCondition>[]): FieldError[] {
  return conditions.flatMap(({ type, observedGeneration = 0 }, index) => {
    const field = `status.conditions[${index}]`;
    const negative = observedGeneration < 0;
    return [
      ...(negative
        ? [invalidValue(`${field}.observedGeneration`, observedGeneration, "must be a non-negative integer")]
        : []),
      ...(systemConditions.has(type) ? [] : problems(`${field}.Type`, type, checkQualifiedName(type))),
    ];
  });
}

/** A container that may not be started again stays terminated. */
function restartErrors(
  statuses: readonly Readonly<ContainerStatus>[],
  before: readonly Readonly<ContainerStatus>[],
  restartPolicy: string | undefined,
): FieldError[] {
  if (restartPolicy === "Always") return [];
  return before.flatMap(({ name, state }, index) => {
    const { terminated } = state ?? {};
    if (terminated === undefined || (terminated.exitCode !== 0 && restartPolicy === "OnFailure")) return [];
    const now = statuses.find((status) => status.name === name);
    return now === undefined || now.state?.terminated !== undefined
      ? []
      : [forbiddenField(`status.containerStatuses[${index}].state`, "may not be transitioned to non-terminated state")];
  });
}

interface Address {
  readonly ip?: string;
}

/** One of each family at most; what was there before any of this was checked may stay. */
function addressErrors(field: string, addresses: readonly Address[], before: readonly Address[]): FieldError[] {
  const known = new Set(before.map(({ ip }) => ip));
  const malformed = addresses.flatMap(({ ip = "" }, index) =>
    known.has(ip) ? [] : problems(`${field}[${index}]`, ip, checkIp(ip)),
  );
  const families = new Set(addresses.map(({ ip = "" }) => ipFamily(ip)));
  return malformed.length === 0 && families.size < addresses.length
    ? [invalidValue(field, addresses, "may specify no more than one IP for each IP family")]
    : malformed;
}
