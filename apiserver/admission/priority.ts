import type { Pod, PriorityClass } from "../../api/generated/types.ts";
import { forbidden } from "../../api/status.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";
import { type AdmissionDeps, cachedObject, freshObject } from "./cached-lookup.ts";

const prefix = "priorityclasses/";

/**
 * Turns the name of a PriorityClass into the number that the scheduler reads, and keeps the default class single.
 * @see k8s.io/kubernetes v1.36.0 plugin/pkg/admission/priority/admission.go
 */
export function priority(deps: AdmissionDeps): AdmissionPlugin {
  return {
    name: "Priority",
    handles: ({ kind, operation, subresource }) => {
      if (subresource !== "") return false;
      if (kind.kind === "Pod" && kind.group === "") return operation === "CREATE";
      return kind.kind === "PriorityClass" && (operation === "CREATE" || operation === "UPDATE");
    },
    admit(attributes) {
      if (attributes.kind.kind !== "Pod") return undefined;
      const { priorityClassName } = (attributes.object as Pod).spec ?? {};
      if (!priorityClassName) {
        const byDefault = defaultClass(deps);
        assign(attributes, byDefault, byDefault?.metadata?.name);
        return undefined;
      }
      const cached = cachedObject<PriorityClass>(deps, prefix + priorityClassName);
      if (cached !== undefined) {
        assign(attributes, cached, priorityClassName);
        return undefined;
      }
      return freshObject<PriorityClass>(deps, prefix + priorityClassName, attributes.ctx.signal).then((fresh) => {
        if (fresh === undefined) throw refusal(attributes, `no PriorityClass with name ${priorityClassName} was found`);
        assign(attributes, fresh, priorityClassName);
      });
    },
    validate(attributes) {
      if (attributes.kind.kind !== "PriorityClass") return undefined;
      const given = attributes.object as PriorityClass;
      if (given.globalDefault !== true) return undefined;
      const present = defaultClass(deps);
      if (present === undefined || present.metadata?.name === given.metadata?.name) return undefined;
      throw forbidden(
        { group: "scheduling.k8s.io", resource: "priorityclasses" },
        attributes.name,
        `PriorityClass ${present.metadata?.name} is already marked as default. Only one default can exist`,
      );
    },
  };
}

const refusal = ({ name }: AdmissionAttributes, text: string) => forbidden({ group: "", resource: "pods" }, name, text);

/** The class with the lowest value among those marked as default. */
function defaultClass({ storage, etcdPrefix }: AdmissionDeps): Readonly<PriorityClass> | undefined {
  let found: Readonly<PriorityClass> | undefined;
  for (const { object } of storage.cached.list(`${etcdPrefix}/${prefix}`)) {
    const candidate = object as Readonly<PriorityClass>;
    if (candidate.globalDefault === true && (found === undefined || (candidate.value ?? 0) < (found.value ?? 0)))
      found = candidate;
  }
  return found;
}

function assign(
  attributes: AdmissionAttributes,
  chosen: Readonly<PriorityClass> | undefined,
  className: string | undefined,
): void {
  const pod = attributes.object as Pod;
  pod.spec = pod.spec ?? { containers: [] };
  const { spec } = pod;
  const value = chosen?.value ?? 0;
  const policy = chosen?.preemptionPolicy ?? "PreemptLowerPriority";
  if (spec.priority !== undefined && spec.priority !== value) {
    throw refusal(
      attributes,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw refusal(
      attributes,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  }
  if (className !== undefined) spec.priorityClassName = className;
  spec.priority = value;
  spec.preemptionPolicy = policy;
}
