import { immutable, required } from "../../../api/field-errors.ts";
import type { IPAddress } from "../../../api/generated/types.ts";
import { semanticallyEqual } from "../../../api/json.ts";
import { checkPathSegment, checkSubdomain } from "../meta/names.ts";
import type { Strategy } from "../strategy.ts";
import { named, problems } from "./field-checks.ts";

/** @see kubernetes v1.36.3 pkg/apis/networking/validation/validation.go ValidateIPAddress */
export const ipAddressStrategy: Strategy<IPAddress> = {
  validate({ spec }) {
    const parent = spec?.parentRef;
    if (parent === undefined) return [required("spec.parentRef")];
    const { group = "", resource = "", namespace = "", name = "" } = parent;
    const field = "spec.parentRef";
    return [
      ...(group === "" ? [] : problems(`${field}.group`, group, checkSubdomain(group))),
      ...named(`${field}.resource`, resource, checkPathSegment),
      ...named(`${field}.name`, name, checkPathSegment),
      ...(namespace === "" ? [] : problems(`${field}.namespace`, namespace, checkPathSegment(namespace))),
    ];
  },
  validateUpdate: ({ spec }, { spec: old }) =>
    semanticallyEqual(spec?.parentRef, old?.parentRef) ? [] : [immutable("spec.parentRef", spec?.parentRef ?? null)],
};
