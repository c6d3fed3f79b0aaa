import type { FieldError } from "../../../api/field-errors.ts";
import { forbiddenField, immutable, invalidValue, required, tooLong } from "../../../api/field-errors.ts";
import { semanticallyEqual } from "../../../api/json.ts";
import type { NameRule } from "../../../api/kind.ts";
import type { ObjectMeta, OwnerReference } from "../../../api/meta.ts";
import { checkLabelValue, checkName, checkQualifiedName, isPlainName } from "./names.ts";

const maxAnnotationBytes = 256 * 1024;
const standardFinalizers = new Set(["kubernetes", "orphan", "foregroundDeletion"]);

export interface MetaRules {
  readonly nameRule: NameRule;
  readonly namespaced: boolean;
}

/** What is wrong with the metadata of any object. @see k8s.io/apimachinery v0.36.0 pkg/api/validation/objectmeta.go */
export function validateMeta(meta: ObjectMeta, rules: MetaRules): FieldError[] {
  const errors: FieldError[] = [];
  if (meta.generateName !== undefined && meta.generateName !== "") {
    const base = meta.generateName.endsWith("-") ? `${meta.generateName.slice(0, -1)}a` : meta.generateName;
    for (const problem of checkName(rules.nameRule, base)) {
      errors.push(invalidValue("metadata.generateName", meta.generateName, problem));
    }
  }
  if (meta.name === undefined || meta.name === "") {
    errors.push(required("metadata.name", "name or generateName is required"));
  } else {
    for (const problem of checkName(rules.nameRule, meta.name)) {
      errors.push(invalidValue("metadata.name", meta.name, problem));
    }
  }
  if (rules.namespaced && (meta.namespace === undefined || meta.namespace === "")) {
    errors.push(required("metadata.namespace"));
  }
  if (typeof meta.generation === "number" && meta.generation < 0) {
    errors.push(invalidValue("metadata.generation", meta.generation, "must be greater than or equal to 0"));
  }
  validateLabels(meta.labels, "metadata.labels", errors);
  validateAnnotations(meta.annotations, errors);
  validateOwners(meta.ownerReferences, errors);
  validateFinalizers(meta.finalizers, errors);
  validateManagedFields(meta, errors);
  return errors;
}

/** Labels anywhere in an object; finds are added to `errors`. */
export function validateLabels(
  labels: Readonly<Record<string, string>> | undefined,
  field: string,
  errors: FieldError[],
): void {
  for (const key in labels) {
    if (!isPlainName(key))
      for (const problem of checkQualifiedName(key)) errors.push(invalidValue(field, key, problem));
    const value = labels[key] ?? "";
    if (!isPlainName(value))
      for (const problem of checkLabelValue(value)) errors.push(invalidValue(field, value, problem));
  }
}

function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, errors: FieldError[]): void {
  if (annotations === undefined) return;
  let sizeBytes = 0;
  for (const key in annotations) {
    for (const problem of isPlainName(key) ? [] : checkQualifiedName(key.toLowerCase())) {
      errors.push(invalidValue("metadata.annotations", key, problem));
    }
    sizeBytes += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] ?? "");
  }
  if (sizeBytes > maxAnnotationBytes) errors.push(tooLong("metadata.annotations", maxAnnotationBytes));
}

function validateOwners(owners: readonly OwnerReference[] | undefined, errors: FieldError[]): void {
  if (owners === undefined) return;
  const field = "metadata.ownerReferences";
  let controller: OwnerReference | undefined;
  for (const owner of owners) {
    const [group, version] = splitApiVersion(owner.apiVersion ?? "");
    if (version === "")
      errors.push(invalidValue(`${field}.apiVersion`, owner.apiVersion ?? "", "version must not be empty"));
    for (const key of ["kind", "name", "uid"] as const) {
      if (!owner[key]) errors.push(invalidValue(`${field}.${key}`, owner[key] ?? "", "must not be empty"));
    }
    if (group === "" && version === "v1" && owner.kind === "Event") {
      errors.push(invalidValue(field, owner, "/v1, Kind=Event is disallowed from being an owner"));
    }
    if (owner.controller !== true) continue;
    if (controller === undefined) {
      controller = owner;
    } else {
      const both = `${controller.kind}/${controller.name} and ${owner.kind}/${owner.name}`;
      errors.push(
        invalidValue(
          field,
          owners,
          `Only one reference can have Controller set to true. Found "true" in references for ${both}`,
        ),
      );
    }
  }
}

function splitApiVersion(apiVersion: string): [string, string] {
  const parts = apiVersion.split("/");
  if (parts.length === 1) return ["", parts[0] ?? ""];
  return parts.length === 2 ? [parts[0] ?? "", parts[1] ?? ""] : ["", ""];
}

function validateFinalizers(finalizers: readonly string[] | undefined, errors: FieldError[]): void {
  if (finalizers === undefined || finalizers.length === 0) return;
  for (const finalizer of finalizers) {
    for (const problem of checkQualifiedName(finalizer)) {
      errors.push(invalidValue("metadata.finalizers", finalizer, problem));
    }
  }
  finalizers.forEach((finalizer, index) => {
    if (checkQualifiedName(finalizer).length === 0 && !finalizer.includes("/") && !standardFinalizers.has(finalizer)) {
      errors.push(
        invalidValue(
          `metadata.finalizers[${index}]`,
          finalizer,
          "name is neither a standard finalizer name nor is it fully qualified",
        ),
      );
    }
  });
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    errors.push(
      invalidValue("metadata.finalizers", finalizers, "finalizer orphan and foregroundDeletion cannot be both set"),
    );
  }
}

function validateManagedFields(meta: ObjectMeta, errors: FieldError[]): void {
  meta.managedFields?.forEach((entry, index) => {
    const field = `metadata.managedFields[${index}]`;
    if (entry.operation !== "Apply" && entry.operation !== "Update") {
      errors.push(invalidValue(`${field}.operation`, entry.operation ?? "", "must be `Apply` or `Update`"));
    }
    if ((entry.fieldsType ?? "") !== "" && entry.fieldsType !== "FieldsV1") {
      errors.push(invalidValue(`${field}.fieldsType`, entry.fieldsType, "must be `FieldsV1`"));
    }
  });
}

/** What may not change between two states of an object's metadata. */
export function validateMetaUpdate(meta: ObjectMeta, old: Readonly<ObjectMeta>): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) {
    const present = new Set(old.finalizers);
    const added = (meta.finalizers ?? []).filter((finalizer) => !present.has(finalizer)).sort();
    if (added.length > 0) {
      const list = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(", ")}}`;
      errors.push(
        forbiddenField(
          "metadata.finalizers",
          `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`,
        ),
      );
    }
  }
  for (const key of [
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
  ] as const) {
    if (!semanticallyEqual(meta[key], old[key])) errors.push(immutable(`metadata.${key}`, meta[key] ?? null));
  }
  if (typeof meta.generation === "number" && meta.generation < (old.generation ?? 0)) {
    errors.push(invalidValue("metadata.generation", meta.generation, "must not be decremented"));
  }
  return errors;
}
