import { type FieldError, invalidValue } from "../../../api/field-errors.ts";
import type { Namespace } from "../../../api/generated/types.ts";
import { checkQualifiedName } from "../meta/names.ts";
import type { Strategy } from "../strategy.ts";
import { problems } from "./field-checks.ts";

const ownFinalizer = "kubernetes";

/** @see k8s.io/kubernetes v1.36.0 pkg/registry/core/namespace/strategy.go, storage/storage.go */
export const namespaceStrategy: Strategy<Namespace> = {
  prepareForCreate(namespace) {
    namespace.status = { phase: "Active" };
    const finalizers = namespace.spec?.finalizers ?? [];
    namespace.spec = {
      ...namespace.spec,
      finalizers: finalizers.includes(ownFinalizer) ? finalizers : [...finalizers, ownFinalizer],
    };
  },
  /** Finalizers change through `finalize` only; that write does not come here with its own. */
  prepareForUpdate(namespace, old, { subresource }) {
    if (subresource === "finalize") return;
    if (old.spec === undefined) delete namespace.spec;
    else namespace.spec = old.spec;
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    for (const [index, finalizer] of (spec?.finalizers ?? []).entries()) {
      const found = problems("spec.finalizers", finalizer, checkQualifiedName(finalizer));
      errors.push(...found);
      if (found.length === 0 && !finalizer.includes("/") && finalizer !== ownFinalizer) {
        errors.push(
          invalidValue(
            `spec.finalizers[${index}]`,
            finalizer,
            "name is neither a standard finalizer name nor is it fully qualified",
          ),
        );
      }
    }
    return errors;
  },
  prepareForDelete(namespace) {
    if (namespace.metadata !== undefined) delete namespace.metadata.deletionGracePeriodSeconds;
    namespace.status = { ...namespace.status, phase: "Terminating" };
  },
  mayBeRemoved: ({ spec }) => (spec?.finalizers ?? []).length === 0,
};
