import type { Namespace } from "../../api/generated/types.ts";
import { isDeleting } from "../../api/meta.ts";
import { forbidden, notFound } from "../../api/status.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";
import { type AdmissionDeps, cachedObject, freshObject } from "./cached-lookup.ts";

const immortal = new Set(["default", "kube-system", "kube-public"]);
const namespacesRef = { group: "", resource: "namespaces" };

/**
 * Nothing enters a namespace that is missing or on its way out, and the system's own cannot be deleted.
 * @see k8s.io/apiserver v0.36.0 pkg/admission/plugin/namespace/lifecycle/admission.go
 */
export function namespaceLifecycle(deps: AdmissionDeps): AdmissionPlugin {
  return {
    name: "NamespaceLifecycle",
    handles: ({ kind, operation }) =>
      kind.kind === "Namespace" && kind.group === ""
        ? operation === "DELETE"
        : operation === "CREATE" && kind.scope === "Namespaced",
    admit(attributes) {
      const { namespace } = attributes;
      const cached = cachedObject<Namespace>(deps, `namespaces/${namespace}`);
      if (cached !== undefined && !isTerminating(cached)) return undefined;
      return judgeFresh(deps, attributes);
    },
    validate({ operation, name }) {
      if (operation === "DELETE" && immortal.has(name)) {
        throw forbidden(namespacesRef, name, "this namespace may not be deleted");
      }
      return undefined;
    },
  };
}

const isTerminating = (namespace: Readonly<Namespace>) =>
  isDeleting(namespace) || namespace.status?.phase === "Terminating";

async function judgeFresh(deps: AdmissionDeps, { kind, namespace, name, ctx }: AdmissionAttributes): Promise<void> {
  const fresh = await freshObject<Namespace>(deps, `namespaces/${namespace}`, ctx.signal);
  if (fresh === undefined) throw notFound(namespacesRef, namespace);
  if (!isTerminating(fresh)) return;
  throw forbidden(
    { group: kind.group, resource: kind.plural },
    name,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
    [
      {
        reason: "NamespaceTerminating",
        message: `namespace ${namespace} is being terminated`,
        field: "metadata.namespace",
      },
    ],
  );
}
