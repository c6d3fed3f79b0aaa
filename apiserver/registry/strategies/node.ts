import { duplicate, type FieldError, forbiddenField, invalidValue } from "../../../api/field-errors.ts";
import type { Node, NodeAddress, NodeStatus, Taint } from "../../../api/generated/types.ts";
import { semanticallyEqual } from "../../../api/json.ts";
import { quantityMilliValue } from "../../../api/quantity.ts";
import { checkCidr } from "../meta/ip-checks.ts";
import { checkLabelValue, checkQualifiedName } from "../meta/names.ts";
import type { Strategy } from "../strategy.ts";
import { oneOf, problems } from "./field-checks.ts";

/** @see k8s.io/kubernetes v1.36.0 pkg/registry/core/node/strategy.go, pkg/apis/core/validation/validation.go ValidateNode */
export const nodeStrategy: Strategy<Node> = {
  keepsStatusOnCreate: true,
  prepareForCreate: settle,
  prepareForUpdate: settle,
  prepareForStatusUpdate: settle,
  validate: ({ spec, status }) => [
    ...statusErrors(status),
    ...taintErrors(spec?.taints ?? []),
    ...podCidrErrors(spec?.podCIDRs ?? []),
  ],
  validateStatusUpdate: ({ status }) => statusErrors(status),
  validateUpdate(node, old) {
    const errors: FieldError[] = [];
    const { podCIDRs, providerID } = node.spec ?? {};
    if (old.spec?.podCIDRs?.length && !semanticallyEqual(podCIDRs, old.spec.podCIDRs)) {
      errors.push(forbiddenField("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid'));
    }
    if (old.spec?.providerID && providerID !== old.spec.providerID) {
      errors.push(forbiddenField("spec.providerID", 'node updates may not change providerID except from "" to valid'));
    }
    return errors;
  },
};

/** Allocatable is the capacity unless said otherwise; the one podCIDR and the list say the same. */
function settle(node: Node): void {
  const { status, spec } = node;
  if (status?.capacity !== undefined && status.allocatable === undefined) {
    node.status = { ...status, allocatable: { ...status.capacity } };
  }
  if (spec?.podCIDR && spec.podCIDRs === undefined) node.spec = { ...spec, podCIDRs: [spec.podCIDR] };
}

function statusErrors(status: Readonly<NodeStatus> | undefined): FieldError[] {
  const { capacity = {}, allocatable = {}, addresses = [] } = status ?? {};
  const errors = [...amountErrors("status.capacity", capacity), ...amountErrors("status.allocatable", allocatable)];
  for (const [index, { type, address }] of addresses.entries()) {
    const isSame = (other: NodeAddress) => other.type === type && other.address === address;
    if (addresses.findIndex(isSame) === index) continue;
    errors.push(duplicate(`status.addresses[${index}]`, { Type: type, Address: address }));
  }
  return errors;
}

const isCounted = (resource: string) =>
  resource === "pods" || (resource.includes("/") && !resource.split("/")[0]?.endsWith("kubernetes.io"));

function amountErrors(field: string, amounts: Readonly<Record<string, string>>): FieldError[] {
  return Object.entries(amounts).flatMap(([resource, amount]) => {
    const at = `${field}.${resource}`;
    const negative = amount.startsWith("-") && quantityMilliValue(amount) < 0;
    return [
      ...(negative ? [invalidValue(at, amount, "must be greater than or equal to 0")] : []),
      ...(isCounted(resource) && quantityMilliValue(amount) % 1000 !== 0
        ? [invalidValue(at, amount, "must be an integer")]
        : []),
    ];
  });
}

function podCidrErrors(cidrs: readonly string[]): FieldError[] {
  const errors = cidrs.flatMap((cidr, index) => problems(`spec.podCIDRs[${index}]`, cidr, checkCidr(cidr)));
  const families = new Set(cidrs.map((cidr) => cidr.includes(":")));
  if (errors.length === 0 && families.size < cidrs.length) {
    errors.push(invalidValue("spec.podCIDRs", cidrs, "may specify no more than one CIDR for each IP family"));
  }
  return errors;
}

function taintErrors(taints: readonly Taint[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, taint] of taints.entries()) {
    const { key = "", value = "", effect = "" } = taint;
    const at = `metadata.taints[${index}]`;
    errors.push(...problems(`${at}.key`, key, checkQualifiedName(key)));
    errors.push(...problems(`${at}.value`, value, checkLabelValue(value)));
    errors.push(...oneOf(`${at}.effect`, effect, ["NoSchedule", "PreferNoSchedule", "NoExecute"]));
    const identity = `${key} ${effect}`;
    if (seen.has(identity)) {
      const shown = { Key: key, Value: value, Effect: effect, TimeAdded: taint.timeAdded ?? null };
      errors.push({
        ...invalidValue(at, shown, "taints must be unique by key and effect pair"),
        type: "FieldValueDuplicate",
      });
    }
    seen.add(identity);
  }
  return errors;
}
