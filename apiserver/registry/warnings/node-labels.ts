import type { NodeSelectorTerm } from "../../../api/generated/types.ts";
import { checkLabelValue } from "../meta/names.ts";

/** @see kubernetes v1.36.3 pkg/api/node/util.go */
const deprecated: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
  "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  "app.kubernetes.io/created-by": "deprecated since v1.9",
  "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
  "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
};

/** What to say about a label of nodes that has had its day; `undefined` for all others. */
export const nodeLabelDeprecation = (label: string): string | undefined =>
  Object.hasOwn(deprecated, label) ? deprecated[label] : undefined;

/** @param checkValues - where an impossible value is no error */
export function nodeSelectorTermWarnings(
  at: string,
  { matchExpressions = [] }: Readonly<NodeSelectorTerm>,
  { checkValues }: { readonly checkValues: boolean },
): string[] {
  return matchExpressions.flatMap(({ key = "", values = [] }, index) => {
    const field = `${at}.matchExpressions[${index}]`;
    const found: string[] = [];
    const message = nodeLabelDeprecation(key);
    if (message !== undefined) found.push(`${field}.key: ${key} is ${message}`);
    if (!checkValues) return found;
    for (const [place, value] of values.entries()) {
      for (const text of checkLabelValue(value)) found.push(`${field}.values[${place}]: ${value} is invalid, ${text}`);
    }
    return found;
  });
}
