import { type FieldError, forbiddenField, immutable, invalidValue, required } from "../../../api/field-errors.ts";
import type {
  ControllerRevision,
  Deployment,
  DeploymentSpec,
  LabelSelector,
  PodTemplateSpec,
  ReplicaSet,
} from "../../../api/generated/types.ts";
import { equalJson, semanticallyEqual } from "../../../api/json.ts";
import { labelSelectorMatches } from "../../../api/label-selector.ts";
import { validateLabels } from "../meta/validate-meta.ts";
import type { Strategy } from "../strategy.ts";
import { nameWarnings } from "../warnings/name-warnings.ts";
import { podWarnings } from "../warnings/pod-warnings.ts";
import { labelSelectorErrors, notNegative, oneOf } from "./field-checks.ts";
import { podAnnotationErrors } from "./pod-annotations.ts";
import { podSpecErrors } from "./pod-spec.ts";
import { replicaStatusErrors } from "./replica-status.ts";

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/apps/validation/validation.go */
export const replicaSetStrategy: Strategy<ReplicaSet> = {
  prepareForCreate(set) {
    set.status = { replicas: 0 };
  },
  validate({ spec }) {
    const errors = notNegative("spec.replicas", spec?.replicas);
    errors.push(...notNegative("spec.minReadySeconds", spec?.minReadySeconds));
    errors.push(...selectorErrors(spec?.selector, "replicaset"), ...templateErrors(spec?.template, spec?.selector));
    return errors;
  },
  validateUpdate: (set, old) => selectorUnchanged(set.spec?.selector, old.spec?.selector),
  validateStatusUpdate: ({ status }) =>
    replicaStatusErrors(status, {
      parts: ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"],
      others: ["observedGeneration", "terminatingReplicas"],
    }),
  warnings: workloadWarnings,
};

/** @see k8s.io/kubernetes v1.36.0 pkg/registry/apps/deployment/strategy.go */
export const deploymentStrategy: Strategy<Deployment> = {
  statusKeepsLabels: true,
  prepareForCreate(deployment) {
    deployment.status = {};
  },
  validate({ spec }) {
    const errors = notNegative("spec.replicas", spec?.replicas);
    errors.push(...selectorErrors(spec?.selector, "deployment"), ...templateErrors(spec?.template, spec?.selector));
    if (spec !== undefined) errors.push(...rolloutErrors(spec));
    return errors;
  },
  validateUpdate: (deployment, old) => selectorUnchanged(deployment.spec?.selector, old.spec?.selector),
  validateStatusUpdate({ status }, old) {
    const errors = replicaStatusErrors(status, {
      parts: ["updatedReplicas", "readyReplicas", "availableReplicas"],
      others: ["observedGeneration", "unavailableReplicas", "terminatingReplicas", "collisionCount"],
    });
    const { collisionCount = 0 } = status ?? {};
    if (collisionCount < (old.status?.collisionCount ?? 0)) {
      errors.push(invalidValue("status.collisionCount", collisionCount, "cannot be decremented"));
    }
    return errors;
  },
  warnings: workloadWarnings,
};

export const controllerRevisionStrategy: Strategy<ControllerRevision> = {
  validate: ({ revision, data }) => [
    ...(data === undefined || data === null ? [required("data", "data is mandatory")] : []),
    ...notNegative("revision", revision),
  ],
  validateUpdate: (revision, old) =>
    equalJson(revision.data, old.data) ? [] : [immutable("data", revision.data ?? null)],
};

/** Of its template, whenever it asks for something else than before. */
function workloadWarnings<T extends Deployment | ReplicaSet>(
  { metadata, spec }: Readonly<T>,
  old: Readonly<T> | undefined,
): string[] {
  if (old !== undefined && old.metadata?.generation === metadata?.generation) return [];
  const ofName = old === undefined ? nameWarnings(metadata, "in Pod names and hostnames") : [];
  return [...ofName, ...podWarnings(spec?.template, "spec.template.")];
}

function selectorErrors(selector: Readonly<LabelSelector> | undefined, kind: string): FieldError[] {
  if (selector === undefined) return [required("spec.selector")];
  const errors = labelSelectorErrors(selector, "spec.selector");
  const empty = !Object.keys(selector.matchLabels ?? {}).length && !selector.matchExpressions?.length;
  if (errors.length > 0) errors.push(invalidValue("spec.selector", selector, "invalid label selector"));
  if (empty) errors.push(invalidValue("spec.selector", selector, `empty selector is invalid for ${kind}`));
  return errors;
}

const selectorUnchanged = (selector: unknown, old: unknown): FieldError[] =>
  semanticallyEqual(selector, old) ? [] : [immutable("spec.selector", selector ?? null)];

function templateErrors(
  template: Readonly<PodTemplateSpec> | undefined,
  selector: Readonly<LabelSelector> | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  const labels = template?.metadata?.labels ?? {};
  const readable = labelSelectorErrors(selector, "").length === 0;
  if (readable && (selector === undefined || !labelSelectorMatches(selector, labels))) {
    errors.push(
      invalidValue(
        "spec.template.metadata.labels",
        template?.metadata?.labels ?? null,
        "`selector` does not match template `labels`",
      ),
    );
  }
  validateLabels(labels, "spec.template.metadata.labels", errors);
  errors.push(...podAnnotationErrors(template?.metadata, "spec.template.annotations"));
  errors.push(...podSpecErrors(template?.spec, { field: "spec.template.spec", creating: true }));
  const restartPolicy = template?.spec?.restartPolicy;
  if (restartPolicy !== undefined) {
    errors.push(...oneOf("spec.template.spec.restartPolicy", restartPolicy, ["Always"]));
  }
  if (template?.spec?.activeDeadlineSeconds !== undefined) {
    errors.push(
      forbiddenField(
        "spec.template.spec.activeDeadlineSeconds",
        "activeDeadlineSeconds in ReplicaSet is not Supported",
      ),
    );
  }
  return errors;
}

function rolloutErrors(spec: Readonly<DeploymentSpec>): FieldError[] {
  const errors: FieldError[] = [];
  const { strategy, minReadySeconds = 0, revisionHistoryLimit, progressDeadlineSeconds } = spec;
  const rolling = strategy?.rollingUpdate;
  switch (strategy?.type) {
    case "Recreate":
      if (rolling !== undefined) {
        errors.push(
          forbiddenField("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'"),
        );
      }
      break;
    case "RollingUpdate":
      if (rolling === undefined)
        errors.push(required("spec.strategy.rollingUpdate", "this should be defaulted and never be nil"));
      else errors.push(...rollingErrors(rolling));
      break;
    default:
      errors.push(
        ...oneOf("spec.strategy", { Type: strategy?.type ?? "", RollingUpdate: rolling ?? null }, [
          "Recreate",
          "RollingUpdate",
        ]),
      );
  }
  errors.push(...notNegative("spec.minReadySeconds", minReadySeconds));
  errors.push(...notNegative("spec.revisionHistoryLimit", revisionHistoryLimit));
  if (progressDeadlineSeconds !== undefined) {
    errors.push(...notNegative("spec.progressDeadlineSeconds", progressDeadlineSeconds));
    if (progressDeadlineSeconds <= minReadySeconds) {
      errors.push(
        invalidValue("spec.progressDeadlineSeconds", progressDeadlineSeconds, "must be greater than minReadySeconds"),
      );
    }
  }
  return errors;
}

type IntOrPercent = number | string | undefined;

function rollingErrors({
  maxSurge,
  maxUnavailable,
}: {
  maxSurge?: IntOrPercent;
  maxUnavailable?: IntOrPercent;
}): FieldError[] {
  const field = "spec.strategy.rollingUpdate";
  const errors = [
    ...amountErrors(`${field}.maxUnavailable`, maxUnavailable),
    ...amountErrors(`${field}.maxSurge`, maxSurge),
  ];
  const isZero = (value: IntOrPercent) => (typeof value === "string" ? Number.parseInt(value, 10) : (value ?? 0)) === 0;
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    errors.push(invalidValue(`${field}.maxUnavailable`, maxUnavailable ?? 0, "may not be 0 when `maxSurge` is 0"));
  }
  if (typeof maxUnavailable === "string" && Number.parseInt(maxUnavailable, 10) > 100) {
    errors.push(invalidValue(`${field}.maxUnavailable`, maxUnavailable, "must not be greater than 100%"));
  }
  return errors;
}

function amountErrors(field: string, value: IntOrPercent): FieldError[] {
  if (typeof value === "string") {
    const text =
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
    return /^[0-9]+%$/.test(value) ? [] : [invalidValue(field, value, text)];
  }
  return notNegative(field, value);
}
