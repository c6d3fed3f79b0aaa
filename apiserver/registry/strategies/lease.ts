import { type FieldError, invalidValue } from "../../../api/field-errors.ts";
import type { Lease, LeaseSpec } from "../../../api/generated/types.ts";
import type { Strategy } from "../strategy.ts";

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/coordination/validation/validation.go */
export const leaseStrategy: Strategy<Lease> = {
  // Coordinated election is a gate that is closed by default.
  prepareForCreate: ({ spec }) => dropCoordination(spec, undefined),
  prepareForUpdate: ({ spec }, old) => dropCoordination(spec, old.spec),
  validate({ spec }) {
    const errors: FieldError[] = [];
    const { leaseDurationSeconds, leaseTransitions } = spec ?? {};
    if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
      errors.push(invalidValue("spec.leaseDurationSeconds", leaseDurationSeconds, "must be greater than 0"));
    }
    if (leaseTransitions !== undefined && leaseTransitions < 0) {
      errors.push(invalidValue("spec.leaseTransitions", leaseTransitions, "must be greater than or equal to 0"));
    }
    return errors;
  },
};

function dropCoordination(spec: LeaseSpec | undefined, before: Readonly<LeaseSpec> | undefined): void {
  if (spec === undefined || before?.strategy !== undefined || before?.preferredHolder !== undefined) return;
  delete spec.strategy;
  delete spec.preferredHolder;
}
