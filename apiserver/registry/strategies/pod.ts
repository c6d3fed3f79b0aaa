import { duplicate, type FieldError, forbiddenField, invalidValue } from "../../../api/field-errors.ts";
import type { Pod, PodSpec, Toleration } from "../../../api/generated/types.ts";
import { equalJson } from "../../../api/json.ts";
import { type Clock, timestamp } from "../../../component-base/clock.ts";
import type { Strategy } from "../strategy.ts";
import { nameWarnings } from "../warnings/name-warnings.ts";
import { podWarnings } from "../warnings/pod-warnings.ts";
import { podAnnotationErrors } from "./pod-annotations.ts";
import { qosClassOf } from "./pod-qos.ts";
import { podSpecErrors } from "./pod-spec.ts";
import { podStatusErrors } from "./pod-status.ts";

/** @see k8s.io/kubernetes v1.36.0 pkg/registry/core/pod/strategy.go */
export function podStrategy({ clock }: { clock: Clock }): Strategy<Pod> {
  return {
    prepareForCreate(pod) {
      pod.status = { phase: "Pending", qosClass: qosClassOf(pod.spec) };
      if (pod.spec !== undefined && (pod.spec.terminationGracePeriodSeconds ?? 0) < 0) {
        pod.spec.terminationGracePeriodSeconds = 1;
      }
      if ((pod.spec?.schedulingGates ?? []).length === 0) return;
      pod.status.conditions = [
        {
          type: "PodScheduled",
          status: "False",
          lastProbeTime: null as never,
          lastTransitionTime: timestamp(clock),
          reason: "SchedulingGated",
          message: "Scheduling is blocked due to non-empty scheduling gates",
        },
      ];
    },
    prepareForUpdate(pod, old, { subresource }) {
      if (subresource !== "ephemeralcontainers") return;
      const { ephemeralContainers } = pod.spec ?? { ephemeralContainers: undefined };
      pod.spec = { ...(old.spec ?? { containers: [] }) };
      if (ephemeralContainers === undefined) delete pod.spec.ephemeralContainers;
      else pod.spec.ephemeralContainers = ephemeralContainers;
      if (old.status !== undefined) pod.status = old.status;
    },
    prepareForStatusUpdate(pod, old) {
      if (pod.metadata !== undefined) {
        if (old.metadata?.ownerReferences === undefined) delete pod.metadata.ownerReferences;
        else pod.metadata.ownerReferences = old.metadata.ownerReferences;
      }
      const qosClass = old.status?.qosClass;
      if (qosClass !== undefined) pod.status = { ...pod.status, qosClass };
    },
    validate(pod, { subresource, updating }) {
      if (subresource === "binding") return [];
      return [
        ...podAnnotationErrors(pod.metadata, "metadata.annotations"),
        ...podSpecErrors(pod.spec, { field: "spec", creating: !updating }),
      ];
    },
    warnings: (pod, old) =>
      old === undefined ? [...nameWarnings(pod.metadata, "in the Pod's hostname"), ...podWarnings(pod)] : [],
    validateUpdate(pod, old, { subresource }) {
      if (subresource === "binding") return [];
      if (subresource === "ephemeralcontainers") return ephemeralErrors(pod.spec, old.spec);
      return specErrors(pod.spec, old.spec);
    },
    validateStatusUpdate: podStatusErrors,
    gracePeriod(pod, wantedSeconds) {
      const { phase } = pod.status ?? {};
      if (!pod.spec?.nodeName || phase === "Succeeded" || phase === "Failed") return 0;
      const period = wantedSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 0;
      return period < 0 ? 1 : period;
    },
  };
}

const updatable =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`," +
  "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations)," +
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

function specErrors(spec: Readonly<PodSpec> | undefined, old: Readonly<PodSpec> | undefined): FieldError[] {
  if (spec === undefined || old === undefined || equalJson(spec, old)) return [];
  const errors: FieldError[] = [];
  if ((spec.containers ?? []).length !== (old.containers ?? []).length) {
    return [forbiddenField("spec.containers", "pod updates may not add or remove containers")];
  }
  if ((spec.initContainers ?? []).length !== (old.initContainers ?? []).length) {
    return [forbiddenField("spec.initContainers", "pod updates may not add or remove containers")];
  }
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== old.activeDeadlineSeconds) {
    if (deadline === undefined) {
      errors.push(
        invalidValue("spec.activeDeadlineSeconds", null, "must not update from a positive integer to nil value"),
      );
    } else if (old.activeDeadlineSeconds !== undefined && deadline > old.activeDeadlineSeconds) {
      errors.push(invalidValue("spec.activeDeadlineSeconds", deadline, `must be less than or equal to previous value`));
    }
  }
  errors.push(...tolerationErrors(spec.tolerations ?? [], old.tolerations ?? []));
  const gates = new Set((old.schedulingGates ?? []).map(({ name }) => name));
  for (const [index, { name }] of (spec.schedulingGates ?? []).entries()) {
    if (gates.has(name)) continue;
    const detail = `only deletion is allowed, but found new scheduling gate '${name}'`;
    errors.push(forbiddenField(`spec.schedulingGates[${index}].name`, detail));
  }
  if (errors.length > 0) return errors;
  return equalJson(withOldFields(spec, old), old) ? [] : [forbiddenField("spec", updatable)];
}

/** `spec` with everything that may change set back. */
function withOldFields(spec: Readonly<PodSpec>, old: Readonly<PodSpec>): Partial<PodSpec> {
  const withImages = (list: PodSpec["containers"] | undefined, before: PodSpec["containers"] | undefined) =>
    list?.map((container, index) => ({ ...container, image: before?.[index]?.image }));
  const result: Record<string, unknown> = {
    ...spec,
    containers: withImages(spec.containers, old.containers),
    initContainers: withImages(spec.initContainers, old.initContainers),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    tolerations: old.tolerations,
    schedulingGates: old.schedulingGates,
  };
  const oldGrace = old.terminationGracePeriodSeconds;
  if (oldGrace !== undefined && oldGrace < 0 && spec.terminationGracePeriodSeconds === 1) {
    result["terminationGracePeriodSeconds"] = oldGrace;
  }
  // Gated Pods may have their node choice narrowed; what narrows is the writer's to judge.
  if ((old.schedulingGates ?? []).length > 0) {
    result["nodeSelector"] = old.nodeSelector;
    result["affinity"] = old.affinity;
  }
  return result as Partial<PodSpec>;
}

function tolerationErrors(tolerations: readonly Toleration[], old: readonly Toleration[]): FieldError[] {
  const same = (a: Toleration, b: Toleration) =>
    equalJson({ ...a, tolerationSeconds: undefined }, { ...b, tolerationSeconds: undefined });
  const kept = old.every((before) => tolerations.some((toleration) => same(toleration, before)));
  return kept
    ? []
    : [forbiddenField("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")];
}

function ephemeralErrors(spec: Readonly<PodSpec> | undefined, old: Readonly<PodSpec> | undefined): FieldError[] {
  const present = spec?.ephemeralContainers ?? [];
  const errors: FieldError[] = [];
  const taken = new Set([...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].map(({ name }) => name));
  for (const [index, { name }] of present.entries()) {
    if (taken.has(name)) errors.push(duplicate(`spec.ephemeralContainers[${index}].name`, name));
    taken.add(name);
  }
  for (const before of old?.ephemeralContainers ?? []) {
    const now = present.find(({ name }) => name === before.name);
    const text = (verb: string) => `existing ephemeral containers ${JSON.stringify(before.name)} may not be ${verb}\n`;
    if (now === undefined) errors.push(forbiddenField("spec.ephemeralContainers", text("removed")));
    else if (!equalJson(now, before)) errors.push(forbiddenField("spec.ephemeralContainers", text("changed")));
  }
  return errors;
}
