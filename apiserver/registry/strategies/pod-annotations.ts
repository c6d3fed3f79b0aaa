import { type FieldError, invalidValue } from "../../../api/field-errors.ts";
import type { ObjectMeta } from "../../../api/meta.ts";

const pod = "seccomp.security.alpha.kubernetes.io/pod";
const container = "container.seccomp.security.alpha.kubernetes.io/";
const profiles = new Set(["runtime/default", "docker/default", "unconfined"]);

/**
 * Annotations that were fields once, and are judged still.
 * @param field - `metadata.annotations`
 * @see k8s.io/kubernetes v1.36.0 pkg/apis/core/validation/validation.go ValidateSeccompPodAnnotations
 */
export function podAnnotationErrors(metadata: Readonly<ObjectMeta> | undefined, field: string): FieldError[] {
  const annotations = Object.entries(metadata?.annotations ?? {});
  return annotations.flatMap(([key, value]) => {
    if ((key !== pod && !key.startsWith(container)) || profiles.has(value)) return [];
    if (value.startsWith("localhost/")) return localhostErrors(`${field}.${key}`, value.slice("localhost/".length));
    return [invalidValue(`${field}.${key}`, value, "must be a valid seccomp profile")];
  });
}

function localhostErrors(field: string, path: string): FieldError[] {
  if (path.startsWith("/")) return [invalidValue(field, path, "must be a relative path")];
  return path.split("/").includes("..") ? [invalidValue(field, path, "must not contain '..'")] : [];
}
