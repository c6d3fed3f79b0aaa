import type { FieldError } from "../../api/field-errors.ts";
import { invalidValue } from "../../api/field-errors.ts";
import { badRequest } from "../../api/status.ts";
import type { DeleteOptions } from "../registry/store.ts";
import { goTypeName } from "./decode.ts";
import { dryRunParameter, integerParameter, refuse } from "./parameters.ts";
import { truthy } from "./request-info.ts";

const propagations = ["Foreground", "Background", "Orphan"] as const;
type Propagation = (typeof propagations)[number];

interface GivenOptions {
  gracePeriodSeconds?: number;
  orphanDependents?: boolean;
  propagationPolicy?: string;
  dryRun: readonly string[];
  preconditions?: { uid?: string; resourceVersion?: string };
}

/** DeleteOptions from the query, which counts only if there is no body. @throws StatusError 400, 422 */
export function deleteOptionsFromQuery(query: URLSearchParams): DeleteOptions {
  const given: GivenOptions = { dryRun: query.getAll("dryRun") };
  const gracePeriodSeconds = integerParameter(query, "gracePeriodSeconds");
  if (gracePeriodSeconds !== undefined) given.gracePeriodSeconds = gracePeriodSeconds;
  const orphanDependents = query.get("orphanDependents");
  if (orphanDependents !== null) given.orphanDependents = truthy(orphanDependents);
  const propagationPolicy = query.get("propagationPolicy");
  if (propagationPolicy !== null) given.propagationPolicy = propagationPolicy;
  return validated(given);
}

/** DeleteOptions from a decoded body; unknown fields do not matter. @throws StatusError 400, 422 */
export function deleteOptionsFromBody(value: unknown): DeleteOptions {
  if (value === null) return validated({ dryRun: [] });
  if (typeof value !== "object" || Array.isArray(value)) {
    throw badRequest(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${goTypeName(value)} into Go value of type v1.DeleteOptions`,
    );
  }
  const body = value as Record<string, unknown>;
  const kind = text(body, "kind") ?? "";
  if (kind !== "" && kind !== "DeleteOptions") {
    throw badRequest(
      `no kind ${JSON.stringify(kind)} is registered for version "meta.k8s.io/v1" in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  const given: GivenOptions = { dryRun: texts(body, "dryRun") };
  const gracePeriodSeconds = typed(body, { field: "gracePeriodSeconds", type: "number", goType: "int64" });
  if (gracePeriodSeconds !== undefined) given.gracePeriodSeconds = Number(gracePeriodSeconds);
  const orphanDependents = typed(body, { field: "orphanDependents", type: "boolean", goType: "bool" });
  if (orphanDependents !== undefined) given.orphanDependents = orphanDependents === true;
  const propagationPolicy = text(body, "propagationPolicy");
  if (propagationPolicy !== undefined) given.propagationPolicy = propagationPolicy;
  const preconditions = typed(body, { field: "preconditions", type: "object", goType: "v1.Preconditions" });
  if (preconditions !== undefined) given.preconditions = preconditionsOf(preconditions as Record<string, unknown>);
  return validated(given);
}

function preconditionsOf(body: Record<string, unknown>): { uid?: string; resourceVersion?: string } {
  const uid = text(body, "uid");
  const resourceVersion = text(body, "resourceVersion");
  return { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) };
}

const text = (body: Record<string, unknown>, field: string) =>
  typed(body, { field, type: "string", goType: "string" }) as string | undefined;

function texts(body: Record<string, unknown>, field: string): string[] {
  const value = typed(body, { field, type: "object", goType: "[]string" });
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
    throw wrongType(value, field, "[]string");
  return value;
}

function typed(
  body: Record<string, unknown>,
  want: { field: string; type: "string" | "number" | "boolean" | "object"; goType: string },
): unknown {
  const value = Object.hasOwn(body, want.field) ? body[want.field] : undefined;
  if (value === undefined || value === null) return undefined;
  const fits = typeof value === want.type && (want.type !== "number" || Number.isInteger(value));
  if (!fits) throw wrongType(value, want.field, want.goType);
  return value;
}

const wrongType = (value: unknown, field: string, goType: string) =>
  badRequest(
    `json: cannot unmarshal ${goTypeName(value)} into Go struct field DeleteOptions.${field} of type ${goType}`,
  );

function validated(given: GivenOptions): DeleteOptions {
  const errors: FieldError[] = [];
  const { propagationPolicy, orphanDependents, gracePeriodSeconds, preconditions } = given;
  const policy = propagations.find((known) => known === propagationPolicy);
  if (propagationPolicy !== undefined && policy === undefined) {
    errors.push({
      type: "FieldValueNotSupported",
      field: "propagationPolicy",
      value: propagationPolicy,
      detail: 'supported values: "Foreground", "Background", "Orphan", "nil"',
    });
  } else if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    const detail = "orphanDependents and deletionPropagation cannot be both set";
    errors.push(invalidValue("propagationPolicy", propagationPolicy, detail));
  }
  const dryRun = dryRunParameter(given.dryRun, errors);
  refuse("DeleteOptions", errors);
  return options({ dryRun, policy, orphanDependents, gracePeriodSeconds, preconditions });
}

function options(parts: {
  dryRun: boolean;
  policy: Propagation | undefined;
  orphanDependents: boolean | undefined;
  gracePeriodSeconds: number | undefined;
  preconditions: { uid?: string; resourceVersion?: string } | undefined;
}): DeleteOptions {
  const { dryRun, policy, orphanDependents, gracePeriodSeconds, preconditions } = parts;
  return {
    dryRun,
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds: gracePeriodSeconds < 0 ? 1 : gracePeriodSeconds }),
    ...(policy !== undefined && { propagationPolicy: policy }),
    ...(orphanDependents !== undefined && { orphanDependents }),
    ...(preconditions !== undefined && { preconditions }),
  };
}
