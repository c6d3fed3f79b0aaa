import { duplicate, type FieldError, forbiddenField, invalidValue, required } from "../../../api/field-errors.ts";
import type { PodSecurityContext, PodSpec, Toleration, Volume } from "../../../api/generated/types.ts";
import { checkIp } from "../meta/ip-checks.ts";
import { checkLabel, checkLabelValue, checkQualifiedName, checkSubdomain } from "../meta/names.ts";
import { validateLabels } from "../meta/validate-meta.ts";
import { between, named, oneOf, problems } from "./field-checks.ts";
import { affinityErrors } from "./pod-affinity.ts";
import { containerErrors } from "./pod-container.ts";
import { dnsErrors } from "./pod-dns.ts";

export interface PodSpecPlace {
  /** `spec`, `spec.template.spec`. */
  readonly field: string;
  /** Some fields may only come later, others only at the beginning. */
  readonly creating: boolean;
}

const maxInt32 = 2 ** 31 - 1;

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/core/validation/validation.go ValidatePodSpec */
export function podSpecErrors(spec: Readonly<PodSpec> | undefined, { field, creating }: PodSpecPlace): FieldError[] {
  if (spec === undefined) return [required(`${field}.containers`)];
  const errors: FieldError[] = [];
  const volumes = volumeErrors(spec.volumes ?? [], `${field}.volumes`, errors);
  if ((spec.containers ?? []).length === 0) errors.push(required(`${field}.containers`));
  const context = { volumes, names: new Set<string>(), hostPorts: new Set<string>() };
  for (const [index, container] of (spec.containers ?? []).entries()) {
    errors.push(
      ...containerErrors(container, { ...context, field: `${field}.containers[${index}]`, kind: "container" }),
    );
  }
  for (const [index, container] of (spec.initContainers ?? []).entries()) {
    const at = `${field}.initContainers[${index}]`;
    errors.push(...containerErrors(container, { ...context, hostPorts: new Set(), field: at, kind: "init" }));
  }
  if (creating && (spec.ephemeralContainers ?? []).length > 0) {
    errors.push(forbiddenField(`${field}.ephemeralContainers`, "cannot be set on create"));
  }
  errors.push(...oneOf(`${field}.restartPolicy`, spec.restartPolicy ?? "", ["Always", "OnFailure", "Never"]));
  errors.push(...dnsErrors(spec, field));
  if (spec.nodeSelector !== undefined) validateLabels(spec.nodeSelector, `${field}.nodeSelector`, errors);
  errors.push(...securityErrors(spec, spec.securityContext, `${field}.securityContext`));
  if (spec.affinity !== undefined) errors.push(...affinityErrors(spec.affinity, `${field}.affinity`));
  if (spec.serviceAccountName) {
    errors.push(
      ...problems(`${field}.serviceAccountName`, spec.serviceAccountName, checkSubdomain(spec.serviceAccountName)),
    );
  }
  if (spec.nodeName) errors.push(...problems(`${field}.nodeName`, spec.nodeName, checkSubdomain(spec.nodeName)));
  if (spec.activeDeadlineSeconds !== undefined) {
    errors.push(...between(`${field}.activeDeadlineSeconds`, spec.activeDeadlineSeconds, { first: 1, last: maxInt32 }));
  }
  for (const key of ["hostname", "subdomain"] as const) {
    const value = spec[key];
    if (value) errors.push(...problems(`${field}.${key}`, value, checkLabel(value)));
  }
  for (const [index, toleration] of (spec.tolerations ?? []).entries()) {
    errors.push(...tolerationErrors(toleration, `${field}.tolerations[${index}]`));
  }
  errors.push(...hostAliasErrors(spec, field), ...gateErrors(spec, field), ...spreadErrors(spec, field));
  for (const [index, { conditionType }] of (spec.readinessGates ?? []).entries()) {
    errors.push(
      ...problems(`${field}.readinessGates[${index}].conditionType`, conditionType, checkQualifiedName(conditionType)),
    );
  }
  if (spec.os !== undefined) {
    errors.push(
      ...(spec.os.name ? oneOf(`${field}.os`, spec.os.name, ["linux", "windows"]) : [required(`${field}.os.name`)]),
    );
  }
  return errors;
}

/** @returns the names that containers may mount */
function volumeErrors(volumes: readonly Volume[], field: string, errors: FieldError[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [index, volume] of volumes.entries()) {
    const at = `${field}[${index}]`;
    const { name } = volume;
    const found = named(`${at}.name`, name, checkLabel);
    if (found.length === 0 && names.has(name)) found.push(duplicate(`${at}.name`, name));
    const sources = Object.keys(volume).filter((key) => key !== "name");
    for (const second of sources.slice(1)) {
      errors.push(forbiddenField(`${at}.${second}`, "may not specify more than 1 volume type"));
    }
    if (volume.secret !== undefined && !volume.secret.secretName) errors.push(required(`${at}.secret.secretName`));
    if (volume.configMap !== undefined && !volume.configMap.name) errors.push(required(`${at}.configMap.name`));
    if (volume.hostPath !== undefined && !volume.hostPath.path) errors.push(required(`${at}.hostPath.path`));
    if (volume.persistentVolumeClaim !== undefined && !volume.persistentVolumeClaim.claimName) {
      errors.push(required(`${at}.persistentVolumeClaim.claimName`));
    }
    errors.push(...found);
    if (found.length === 0) names.add(name);
  }
  return names;
}

function securityErrors(
  spec: Readonly<PodSpec>,
  context: Readonly<PodSecurityContext> | undefined,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.hostPID === true && spec.shareProcessNamespace === true) {
    const detail = "ShareProcessNamespace and HostPID cannot both be enabled";
    errors.push(invalidValue(`${field}.shareProcessNamespace`, true, detail));
  }
  for (const key of ["fsGroup", "runAsUser", "runAsGroup"] as const) {
    const id = context?.[key];
    if (id !== undefined) errors.push(...between(`${field}.${key}`, id, { first: 0, last: maxInt32 }));
  }
  return errors;
}

function tolerationErrors(toleration: Readonly<Toleration>, field: string): FieldError[] {
  const { key = "", operator = "", value = "", effect = "", tolerationSeconds } = toleration;
  const errors: FieldError[] = [];
  if (key !== "") errors.push(...problems(`${field}.key`, key, checkQualifiedName(key)));
  if (key === "" && operator !== "Exists") {
    const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalidValue(`${field}.operator`, operator, detail));
  }
  if (tolerationSeconds !== undefined && effect !== "NoExecute") {
    errors.push(invalidValue(`${field}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  }
  if (operator === "" || operator === "Equal") {
    errors.push(...problems(`${field}.operator`, value, checkLabelValue(value).slice(0, 1)));
  } else if (operator === "Exists") {
    if (value !== "")
      errors.push(invalidValue(`${field}.operator`, value, "value must be empty when `operator` is 'Exists'"));
  } else {
    errors.push(...oneOf(`${field}.operator`, operator, ["Equal", "Exists"]));
  }
  if (effect !== "") errors.push(...oneOf(`${field}.effect`, effect, ["NoSchedule", "PreferNoSchedule", "NoExecute"]));
  return errors;
}

function hostAliasErrors(spec: Readonly<PodSpec>, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { ip, hostnames }] of (spec.hostAliases ?? []).entries()) {
    const at = `${field}.hostAliases[${index}]`;
    errors.push(...problems(`${at}.ip`, ip, checkIp(ip ?? "")));
    for (const [place, hostname] of (hostnames ?? []).entries()) {
      errors.push(...problems(`${at}.hostnames[${place}]`, hostname, checkSubdomain(hostname)));
    }
  }
  return errors;
}

function gateErrors(spec: Readonly<PodSpec>, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const gates = spec.schedulingGates ?? [];
  const seen = new Set<string>();
  for (const [index, { name }] of gates.entries()) {
    const at = `${field}.schedulingGates[${index}]`;
    errors.push(...problems(at, name, checkQualifiedName(name)));
    if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
  }
  if (gates.length > 0 && spec.nodeName) {
    errors.push(forbiddenField(`${field}.nodeName`, "cannot be set until all schedulingGates have been cleared"));
  }
  return errors;
}

function spreadErrors(spec: Readonly<PodSpec>, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const constraints = spec.topologySpreadConstraints ?? [];
  for (const [index, { maxSkew, topologyKey, whenUnsatisfiable }] of constraints.entries()) {
    const at = `${field}.topologySpreadConstraints[${index}]`;
    if (!(maxSkew > 0)) errors.push(invalidValue(`${at}.maxSkew`, maxSkew ?? 0, "must be greater than zero"));
    if (!topologyKey) errors.push(required(`${at}.topologyKey`, "can not be empty"));
    else errors.push(...problems(`${at}.topologyKey`, topologyKey, checkQualifiedName(topologyKey)));
    errors.push(...oneOf(`${at}.whenUnsatisfiable`, whenUnsatisfiable, ["DoNotSchedule", "ScheduleAnyway"]));
    const again = constraints
      .slice(index + 1)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    if (again) {
      errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`));
    }
  }
  return errors;
}
