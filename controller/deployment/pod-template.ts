import type { PodTemplateSpec } from "../../api/generated/types.ts";
import { safeCharacters } from "../../api/safe-characters.ts";
import { fnv32a } from "../../component-base/fnv32a.ts";

/** Label that keeps the Pods of one Deployment's ReplicaSets apart. */
export const podTemplateHashLabel = "pod-template-hash";

/** Whether two templates give the same Pods, whatever their hash labels. */
export function sameTemplate(a: Readonly<PodTemplateSpec>, b: Readonly<PodTemplateSpec>): boolean {
  return a === b || canonicalTemplate(a) === canonicalTemplate(b);
}

/**
 * Name part of the ReplicaSet for a template: stable over restarts, so that a create repeated after a crash finds the
 * first one's result. `collisionCount` gives another hash when a stranger has taken the name.
 */
export function podTemplateHash(template: Readonly<PodTemplateSpec>, collisionCount: number): string {
  const text = canonicalTemplate(template) + (collisionCount === 0 ? "" : `#${collisionCount}`);
  const digits = String(fnv32a(text));
  return [...digits].map((digit) => safeCharacters[digit.charCodeAt(0) % safeCharacters.length]).join("");
}

function canonicalTemplate(template: Readonly<PodTemplateSpec>): string {
  const { [podTemplateHashLabel]: _hash, ...labels } = template.metadata?.labels ?? {};
  const annotations = template.metadata?.annotations ?? {};
  return canonical({ ...template, metadata: { ...template.metadata, labels, annotations } });
}

/** JSON with sorted keys; null and empty lists are the same as absent. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined && field !== null && !(Array.isArray(field) && field.length === 0))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${fields.join()}}`;
}
