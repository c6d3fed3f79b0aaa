import { type FieldError, immutable, invalidValue, required, tooLong } from "../../../api/field-errors.ts";
import type { Secret } from "../../../api/generated/types.ts";
import type { Strategy } from "../strategy.ts";
import { checkDataKey, decodedBytes, immutableErrors } from "./config-map.ts";

const maxBytes = 1024 * 1024;
const redacted = "<secret contents redacted>";

/** Keys that a type cannot do without: all of them, or any one. */
const requiredKeys: Readonly<Record<string, { readonly all?: readonly string[]; readonly any?: readonly string[] }>> = {
  "kubernetes.io/dockercfg": { all: [".dockercfg"] },
  "kubernetes.io/dockerconfigjson": { all: [".dockerconfigjson"] },
  "kubernetes.io/basic-auth": { any: ["username", "password"] },
  "kubernetes.io/ssh-auth": { all: ["ssh-privatekey"] },
  "kubernetes.io/tls": { all: ["tls.crt", "tls.key"] },
};
const jsonKeys = [".dockercfg", ".dockerconfigjson"];
const accountAnnotation = "kubernetes.io/service-account.name";

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/core/validation/validation.go ValidateSecret */
export const secretStrategy: Strategy<Secret> = {
  prepareForCreate: mergeStringData,
  prepareForUpdate(secret, old) {
    mergeStringData(secret);
    if (!secret.type && old.type !== undefined) secret.type = old.type;
  },
  validate(secret) {
    const { data = {}, type = "Opaque" } = secret;
    const errors: FieldError[] = [];
    let sizeBytes = 0;
    for (const [key, value] of Object.entries(data)) {
      errors.push(...checkDataKey(key).map((text) => invalidValue(`data[${key}]`, key, text)));
      sizeBytes += decodedBytes(value);
    }
    if (sizeBytes > maxBytes) errors.push(tooLong("data", maxBytes));
    return [...errors, ...typeErrors(secret, type)];
  },
  validateUpdate(secret, old) {
    const errors = secret.type === old.type ? [] : [immutable("type", secret.type)];
    return [...errors, ...immutableErrors(secret, old, ["data"])];
  },
};

/** stringData is write-only: it goes over data and is never seen again. */
function mergeStringData(secret: Secret): void {
  const { stringData } = secret;
  if (stringData === undefined) return;
  const data: Record<string, string> = { ...secret.data };
  for (const [key, value] of Object.entries(stringData)) data[key] = Buffer.from(value).toString("base64");
  secret.data = data;
  delete secret.stringData;
}

function typeErrors({ data = {}, metadata }: Secret, type: string): FieldError[] {
  if (type === "kubernetes.io/service-account-token") {
    return metadata?.annotations?.[accountAnnotation] ? [] : [required(`metadata.annotations[${accountAnnotation}]`)];
  }
  const { all = [], any = [] } = requiredKeys[type] ?? {};
  const has = (key: string) => Object.hasOwn(data, key) && (type !== "kubernetes.io/dockercfg" || data[key] !== "");
  const missing = all.filter((key) => !has(key));
  if (any.length > 0 && !any.some(has)) missing.push(...any);
  const errors = missing.map((key) => required(`data[${key}]`));
  for (const key of jsonKeys) {
    if (!all.includes(key) || !has(key)) continue;
    const problem = jsonProblem(Buffer.from(data[key] ?? "", "base64").toString("utf8"));
    if (problem !== undefined) errors.push(invalidValue(`data[${key}]`, redacted, problem));
  }
  return errors;
}

function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const first = text.trimStart()[0];
    if (first === undefined) return "unexpected end of JSON input";
    return `invalid character '${first}' looking for beginning of value`;
  }
}
