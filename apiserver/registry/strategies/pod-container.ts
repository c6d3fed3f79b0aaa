import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  notFoundField,
  required,
} from "../../../api/field-errors.ts";
import type { Container, ContainerPort, EnvVar, Probe, ResourceRequirements } from "../../../api/generated/types.ts";
import { compareQuantities } from "../../../api/quantity.ts";
import { checkLabel, checkQualifiedName } from "../meta/names.ts";
import {
  between,
  checkPortName,
  named,
  notNegative,
  oneOf,
  portNumber,
  portNumberOrName,
  problems,
} from "./field-checks.ts";

export interface ContainerPlace {
  readonly field: string;
  readonly kind: "container" | "init";
  /** Volumes of the Pod. */
  readonly volumes: ReadonlySet<string>;
  /** Names taken so far; the container's is added. */
  readonly names: Set<string>;
  /** `TCP//80`, taken so far. */
  readonly hostPorts: Set<string>;
}

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/core/validation/validation.go validateContainerCommon */
export function containerErrors(container: Readonly<Container>, place: ContainerPlace): FieldError[] {
  const { field, kind, names } = place;
  const { name, image } = container;
  const errors = named(`${field}.name`, name, checkLabel);
  if (!image) errors.push(required(`${field}.image`));
  else if (image.trim() !== image) {
    errors.push(invalidValue(`${field}.image`, image, "must not have leading or trailing whitespace"));
  }
  if (name && names.has(name)) errors.push(duplicate(`${field}.name`, name));
  names.add(name);
  errors.push(...portErrors(container.ports ?? [], place));
  for (const [index, variable] of (container.env ?? []).entries()) {
    errors.push(...envErrors(variable, `${field}.env[${index}]`));
  }
  errors.push(...mountErrors(container, place));
  errors.push(
    ...oneOf(`${field}.terminationMessagePolicy`, container.terminationMessagePolicy ?? "", [
      "File",
      "FallbackToLogsOnError",
    ]),
  );
  errors.push(
    ...oneOf(`${field}.imagePullPolicy`, container.imagePullPolicy ?? "", ["Always", "IfNotPresent", "Never"]),
  );
  if (container.resources !== undefined) errors.push(...resourceErrors(container.resources, `${field}.resources`));
  for (const key of ["postStart", "preStop"] as const) {
    const handler = container.lifecycle?.[key];
    if (handler !== undefined && Object.keys(handler).length === 0) {
      errors.push(required(`${field}.lifecycle.${key}`, "must specify a handler type"));
    }
  }
  errors.push(...securityErrors(container.securityContext, `${field}.securityContext`));
  const sidecar = kind === "container" || (container as { restartPolicy?: string }).restartPolicy === "Always";
  for (const key of ["livenessProbe", "readinessProbe", "startupProbe"] as const) {
    const probe = container[key];
    if (probe === undefined) continue;
    if (!sidecar) {
      errors.push(forbiddenField(`${field}.${key}`, "may not be set for init containers without restartPolicy=Always"));
    } else {
      errors.push(...probeErrors(probe, `${field}.${key}`));
      const once = key !== "readinessProbe" && (probe.successThreshold ?? 1) !== 1;
      if (once) errors.push(invalidValue(`${field}.${key}.successThreshold`, probe.successThreshold, "must be 1"));
    }
  }
  return errors;
}

function securityErrors(context: Container["securityContext"], field: string): FieldError[] {
  if (context === undefined) return [];
  const errors: FieldError[] = [];
  for (const key of ["runAsUser", "runAsGroup"] as const) {
    const id = context[key];
    if (id !== undefined) errors.push(...between(`${field}.${key}`, id, { first: 0, last: 2 ** 31 - 1 }));
  }
  if (context.privileged === true && context.allowPrivilegeEscalation === false) {
    const detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
    errors.push(invalidValue(field, context, detail));
  }
  return errors;
}

function portErrors(ports: readonly ContainerPort[], { field, hostPorts }: ContainerPlace): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, { name, containerPort, hostPort, hostIP = "", protocol = "" }] of ports.entries()) {
    const at = `${field}.ports[${index}]`;
    if (name) {
      const found = checkPortName(name);
      errors.push(...problems(`${at}.name`, name, found));
      if (found.length === 0 && names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    if (!containerPort) errors.push(required(`${at}.containerPort`));
    else errors.push(...portNumber(`${at}.containerPort`, containerPort));
    if (hostPort) errors.push(...portNumber(`${at}.hostPort`, hostPort));
    errors.push(...oneOf(`${at}.protocol`, protocol, ["SCTP", "TCP", "UDP"]));
    if (!hostPort) continue;
    const taken = `${protocol}/${hostIP}/${hostPort}`;
    if (hostPorts.has(taken)) errors.push(duplicate(`${at}.hostPort`, taken));
    hostPorts.add(taken);
  }
  return errors;
}

const fieldPaths =
  /^(metadata\.(name|namespace|uid|labels|annotations)(\['.*'\])?|spec\.(nodeName|serviceAccountName|host)|status\.(hostIPs?|podIPs?))$/;

function envErrors({ name, value, valueFrom }: Readonly<EnvVar>, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!name) errors.push(required(`${field}.name`));
  else if (!/^[ -<>-~]+$/.test(name)) {
    const detail = "a valid environment variable name must consist only of printable ASCII characters other than '='";
    errors.push(invalidValue(`${field}.name`, name, detail));
  }
  if (valueFrom === undefined) return errors;
  const sources = Object.keys(valueFrom);
  if (sources.length === 0) {
    const detail =
      "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
    errors.push(invalidValue(`${field}.valueFrom`, "", detail));
  } else if (value) {
    errors.push(invalidValue(`${field}.valueFrom`, "", "may not be specified when `value` is not empty"));
  } else if (sources.length > 1) {
    errors.push(invalidValue(`${field}.valueFrom`, "", "may not have more than one field specified at a time"));
  }
  const path = valueFrom.fieldRef?.fieldPath;
  if (path !== undefined && !fieldPaths.test(path)) {
    const detail = `error converting fieldPath: field label not supported: ${path}`;
    errors.push(invalidValue(`${field}.valueFrom.fieldRef.fieldPath`, path, detail));
  }
  for (const key of ["configMapKeyRef", "secretKeyRef"] as const) {
    if (valueFrom[key] !== undefined && !valueFrom[key].key) errors.push(required(`${field}.valueFrom.${key}.key`));
  }
  return errors;
}

function mountErrors(container: Readonly<Container>, { field, volumes }: ContainerPlace): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  for (const [index, { name, mountPath }] of (container.volumeMounts ?? []).entries()) {
    const at = `${field}.volumeMounts[${index}]`;
    if (!name) errors.push(required(`${at}.name`));
    if (!volumes.has(name)) errors.push(notFoundField(`${at}.name`, name ?? ""));
    if (!mountPath) errors.push(required(`${at}.mountPath`));
    else if (paths.has(mountPath)) errors.push(invalidValue(`${at}.mountPath`, mountPath, "must be unique"));
    paths.add(mountPath);
  }
  return errors;
}

const standardResources = /^(cpu|memory|ephemeral-storage|hugepages-.+)$/;
const overcommittable = /^(cpu|memory|ephemeral-storage)$/;

function resourceErrors({ limits = {}, requests = {} }: Readonly<ResourceRequirements>, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const lists = [
    ["limits", limits],
    ["requests", requests],
  ] as const;
  for (const [list, quantities] of lists) {
    for (const [name, quantity] of Object.entries(quantities)) {
      const at = `${field}.${list}[${name}]`;
      errors.push(...resourceNameErrors(name, at));
      if (quantity.startsWith("-")) errors.push(invalidValue(at, quantity, "must be greater than or equal to 0"));
      if (!standardResources.test(name) && quantity.endsWith("m")) {
        errors.push(invalidValue(at, quantity, "must be an integer"));
      }
    }
  }
  for (const [name, request] of Object.entries(requests)) {
    const limit = limits[name];
    if (limit === undefined) {
      if (!overcommittable.test(name) && name.includes("/")) {
        errors.push(required(`${field}.limits`, "Limit must be set for non overcommitable resources"));
      }
    } else if (request !== limit) {
      const order = compareQuantities(request, limit);
      if (order > 0)
        errors.push(
          invalidValue(`${field}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`),
        );
      else if (order < 0 && !overcommittable.test(name)) {
        errors.push(invalidValue(`${field}.requests`, request, `must be equal to ${name} limit of ${limit}`));
      }
    }
  }
  return errors;
}

function resourceNameErrors(name: string, field: string): FieldError[] {
  if (standardResources.test(name)) return [];
  const found = checkQualifiedName(name);
  if (found.length === 0 && name.includes("/")) return [];
  if (found.length === 0) found.push("must be a standard resource type or fully qualified");
  return problems(field, name, [...found, "must be a standard resource for containers"]);
}

function probeErrors(probe: Readonly<Probe>, field: string): FieldError[] {
  const { exec, httpGet, tcpSocket, grpc } = probe;
  const errors: FieldError[] = [];
  const handlers = Object.entries({ exec, httpGet, tcpSocket, grpc }).filter(([, handler]) => handler !== undefined);
  if (handlers.length === 0) errors.push(required(field, "must specify a handler type"));
  for (const [name] of handlers.slice(1)) {
    errors.push(forbiddenField(`${field}.${name}`, "may not specify more than 1 handler type"));
  }
  if (exec !== undefined && (exec.command ?? []).length === 0) errors.push(required(`${field}.exec.command`));
  if (httpGet !== undefined) {
    if (!httpGet.path) errors.push(required(`${field}.httpGet.path`));
    errors.push(...portNumberOrName(`${field}.httpGet.port`, httpGet.port));
    errors.push(...oneOf(`${field}.httpGet.scheme`, httpGet.scheme ?? "", ["HTTP", "HTTPS"]));
  }
  if (tcpSocket !== undefined) errors.push(...portNumberOrName(`${field}.tcpSocket.port`, tcpSocket.port));
  if (grpc !== undefined) errors.push(...portNumber(`${field}.grpc.port`, grpc.port));
  for (const key of [
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
  ] as const) {
    errors.push(...notNegative(`${field}.${key}`, probe[key]));
  }
  return errors;
}
