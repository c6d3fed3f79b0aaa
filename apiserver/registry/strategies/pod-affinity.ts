import { type FieldError, forbiddenField, invalidValue, required } from "../../../api/field-errors.ts";
import type { Affinity, NodeSelectorTerm, PodAffinityTerm } from "../../../api/generated/types.ts";
import { checkLabelValue, checkQualifiedName } from "../meta/names.ts";
import { labelSelectorErrors, problems } from "./field-checks.ts";

const requiredTerms = "requiredDuringSchedulingIgnoredDuringExecution";
const preferredTerms = "preferredDuringSchedulingIgnoredDuringExecution";

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/core/validation/validation.go validateAffinity */
export function affinityErrors(affinity: Readonly<Affinity>, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const nodes = affinity.nodeAffinity;
  const must = nodes?.[requiredTerms];
  if (must !== undefined) {
    const at = `${field}.nodeAffinity.${requiredTerms}.nodeSelectorTerms`;
    const terms = must.nodeSelectorTerms ?? [];
    if (terms.length === 0) errors.push(required(at, "must have at least one node selector term"));
    for (const [index, term] of terms.entries())
      errors.push(...nodeTermErrors(term, `${at}[${index}]`, { required: true }));
  }
  for (const [index, { weight, preference }] of (nodes?.[preferredTerms] ?? []).entries()) {
    const at = `${field}.nodeAffinity.${preferredTerms}[${index}]`;
    errors.push(...weightErrors(weight, at), ...nodeTermErrors(preference, `${at}.preference`, { required: false }));
  }
  for (const key of ["podAffinity", "podAntiAffinity"] as const) {
    const pods = affinity[key];
    for (const [index, term] of (pods?.[requiredTerms] ?? []).entries()) {
      errors.push(...podTermErrors(term, `${field}.${key}.${requiredTerms}[${index}]`));
    }
    for (const [index, { weight, podAffinityTerm }] of (pods?.[preferredTerms] ?? []).entries()) {
      const at = `${field}.${key}.${preferredTerms}[${index}]`;
      errors.push(...weightErrors(weight, at), ...podTermErrors(podAffinityTerm, `${at}.podAffinityTerm`));
    }
  }
  return errors;
}

const weightErrors = (weight: number, field: string): FieldError[] =>
  weight >= 1 && weight <= 100 ? [] : [invalidValue(`${field}.weight`, weight ?? 0, "must be in the range 1-100")];

/** Values that no label can have are an error where the term is required; where it is a preference, only a warning. */
function nodeTermErrors(
  term: Readonly<NodeSelectorTerm> | undefined,
  field: string,
  options: { readonly required: boolean },
): FieldError[] {
  const errors: FieldError[] = [];
  for (const list of ["matchExpressions", "matchFields"] as const) {
    for (const [index, { key, operator, values }] of (term?.[list] ?? []).entries()) {
      const at = `${field}.${list}[${index}]`;
      const count = values?.length ?? 0;
      if (operator === "In" || operator === "NotIn") {
        if (count === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
        if (options.required && list === "matchExpressions") {
          for (const [place, value] of (values ?? []).entries()) {
            errors.push(...problems(`${at}.values[${place}]`, value, checkLabelValue(value)));
          }
        }
      } else if (operator === "Exists" || operator === "DoesNotExist") {
        if (count > 0) {
          const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
          errors.push(forbiddenField(`${at}.values`, detail));
        }
      } else if (operator === "Gt" || operator === "Lt") {
        const detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
        if (count !== 1) errors.push(required(`${at}.values`, detail));
      } else {
        errors.push(invalidValue(`${at}.operator`, operator, "not a valid selector operator"));
      }
      if (list === "matchExpressions") errors.push(...problems(`${at}.key`, key, checkQualifiedName(key ?? "")));
    }
  }
  return errors;
}

function podTermErrors(term: Readonly<PodAffinityTerm> | undefined, field: string): FieldError[] {
  const topologyKey = term?.topologyKey ?? "";
  const errors = labelSelectorErrors(term?.labelSelector, `${field}.labelSelector`);
  if (topologyKey === "") errors.push(required(`${field}.topologyKey`, "can not be empty"));
  errors.push(...problems(`${field}.topologyKey`, topologyKey, checkQualifiedName(topologyKey)));
  return errors;
}
