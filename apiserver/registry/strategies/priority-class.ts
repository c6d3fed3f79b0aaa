import { type FieldError, forbiddenField, immutable } from "../../../api/field-errors.ts";
import type { PriorityClass } from "../../../api/generated/types.ts";
import { forbidden } from "../../../api/status.ts";
import type { Strategy } from "../strategy.ts";
import { oneOf } from "./field-checks.ts";

const highestUserPriority = 1_000_000_000;
const systemPriorities: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2_000_000_000,
  "system-node-critical": 2_000_001_000,
};

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/scheduling/validation/validation.go */
export const priorityClassStrategy: Strategy<PriorityClass> = {
  validate({ metadata, value = 0, preemptionPolicy }) {
    const name = metadata?.name ?? "";
    const errors: FieldError[] = [];
    if (name.startsWith("system-")) {
      if (systemPriorities[name] !== value) {
        const detail = `priority class names with 'system-' prefix are reserved for system use only. error: ${name} is not a known system priority class`;
        errors.push(forbiddenField("metadata.name", detail));
      }
    } else if (value > highestUserPriority) {
      errors.push(
        forbiddenField("value", `maximum allowed value of a user defined priority is ${highestUserPriority}`),
      );
    }
    if (preemptionPolicy !== undefined) {
      errors.push(...oneOf("preemptionPolicy", preemptionPolicy, ["PreemptLowerPriority", "Never"]));
    }
    return errors;
  },
  validateUpdate(given, old) {
    const errors: FieldError[] = [];
    if ((given.value ?? 0) !== (old.value ?? 0))
      errors.push(forbiddenField("value", "may not be changed in an update."));
    if (given.preemptionPolicy !== old.preemptionPolicy)
      errors.push(immutable("preemptionPolicy", given.preemptionPolicy));
    return errors;
  },
  refuseDeletion({ metadata }) {
    const name = metadata?.name ?? "";
    if (!Object.hasOwn(systemPriorities, name)) return;
    const ref = { group: "scheduling.k8s.io", resource: "priorityclasses" };
    throw forbidden(ref, name, "this is a system priority class and cannot be deleted");
  },
};
