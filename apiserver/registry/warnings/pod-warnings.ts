import type { PodAffinityTerm, PodSpec } from "../../../api/generated/types.ts";
import type { ObjectMeta } from "../../../api/meta.ts";
import { containerWarnings, fractionWarnings, type PodParts } from "./container-warnings.ts";
import { nodeLabelDeprecation, nodeSelectorTermWarnings } from "./node-labels.ts";
import { volumeWarnings } from "./volume-warnings.ts";

const seccompAnnotation = "seccomp.security.alpha.kubernetes.io/pod";
const deprecatedAnnotations = [
  ["scheduler.alpha.kubernetes.io/critical-pod", 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ["security.alpha.kubernetes.io/sysctls", 'non-functional in v1.11+; use the "sysctls" field instead'],
  ["security.alpha.kubernetes.io/unsafe-sysctls", 'non-functional in v1.11+; use the "sysctls" field instead'],
] as const;

const noSelector = (field: string) => `${field}.labelSelector: a null labelSelector results in matching no pod`;

/**
 * What is valid in a Pod, or in a template of Pods, and most probably not meant so.
 * @param at - where it begins: empty, or `spec.template.`
 * @see kubernetes v1.36.3 pkg/api/pod/warnings.go
 */
export function podWarnings(
  pod: { readonly metadata?: Readonly<ObjectMeta>; readonly spec?: Readonly<PodSpec> } | undefined,
  at = "",
): string[] {
  if (pod?.spec === undefined) return [];
  const parts: PodParts = { metadata: pod.metadata ?? {}, spec: pod.spec, at };
  return [
    ...placementWarnings(parts),
    ...annotationWarnings(parts),
    ...volumeWarnings(`${at}spec.volumes`, pod.spec.volumes ?? []),
    ...repetitionWarnings(parts),
    ...fractionWarnings(`${at}spec.overhead`, pod.spec.overhead),
    ...containerWarnings(parts),
    ...graceWarnings(parts),
    ...affinityWarnings(parts),
  ];
}

function placementWarnings({ spec, at }: PodParts): string[] {
  const found: string[] = [];
  for (const label of Object.keys(spec.nodeSelector ?? {}).sort()) {
    const message = nodeLabelDeprecation(label);
    if (message !== undefined) found.push(`${at}spec.nodeSelector[${label}]: ${message}`);
  }
  const affinity = spec.affinity?.nodeAffinity;
  const field = `${at}spec.affinity.nodeAffinity`;
  const { nodeSelectorTerms = [] } = affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? {};
  for (const [index, term] of nodeSelectorTerms.entries()) {
    const place = `${field}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${index}]`;
    found.push(...nodeSelectorTermWarnings(place, term, { checkValues: false }));
  }
  const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  for (const [index, { preference = {} }] of preferred.entries()) {
    const place = `${field}.preferredDuringSchedulingIgnoredDuringExecution[${index}].preference`;
    found.push(...nodeSelectorTermWarnings(place, preference, { checkValues: true }));
  }
  for (const [index, { topologyKey = "", labelSelector }] of (spec.topologySpreadConstraints ?? []).entries()) {
    const place = `${at}spec.topologySpreadConstraints[${index}]`;
    const message = nodeLabelDeprecation(topologyKey);
    if (message !== undefined) found.push(`${place}.topologyKey: ${topologyKey} is ${message}`);
    if (labelSelector === undefined) found.push(noSelector(place));
  }
  return found;
}

function annotationWarnings({ metadata, spec, at }: PodParts): string[] {
  const { annotations } = metadata;
  if (annotations === undefined) return [];
  const found = deprecatedAnnotations
    .filter(([key]) => annotations[key] !== undefined)
    .map(([key, message]) => `${at}metadata.annotations[${key}]: ${message}`);
  if (spec.securityContext?.seccompProfile === undefined && annotations[seccompAnnotation] !== undefined) {
    const field = `${at}metadata.annotations[${seccompAnnotation}]`;
    found.push(`${field}: non-functional in v1.27+; use the "seccompProfile" field instead`);
  }
  return found;
}

function repetitionWarnings({ spec, at }: PodParts): string[] {
  const { hostAliases = [], imagePullSecrets = [] } = spec;
  const names = imagePullSecrets.map(({ name = "" }) => name);
  return [
    ...repeated(hostAliases.map(({ ip }) => ip)).map(
      ([index, ip]) => `${at}spec.hostAliases[${index}].ip: duplicate ip "${ip}"`,
    ),
    ...repeated(names).map(([index, name]) => `${at}spec.imagePullSecrets[${index}].name: duplicate name "${name}"`),
    ...names.flatMap((name, index) =>
      name === "" ? [`${at}spec.imagePullSecrets[${index}].name: invalid empty name ""`] : [],
    ),
  ];
}

/** Those that stand further ahead as well, with their places. */
const repeated = (texts: readonly string[]): [number, string][] =>
  [...texts.entries()].filter(([index, text]) => texts.indexOf(text) < index);

/** A Pod's own has been set right by then. */
function graceWarnings({ spec, at }: PodParts): string[] {
  const { terminationGracePeriodSeconds = 0 } = spec;
  if (at === "" || terminationGracePeriodSeconds >= 0) return [];
  const field = `${at}spec.terminationGracePeriodSeconds`;
  return [`${field}: must be >= 0; negative values are invalid and will be treated as 1`];
}

function affinityWarnings({ spec, at }: PodParts): string[] {
  return (["podAffinity", "podAntiAffinity"] as const).flatMap((kind) => {
    const affinity = spec.affinity?.[kind];
    const field = `${at}spec.affinity.${kind}`;
    const unselective = (term: Readonly<PodAffinityTerm> | undefined, place: string) =>
      term?.labelSelector === undefined ? [noSelector(place)] : [];
    return [
      ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, index) =>
        unselective(term, `${field}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`),
      ),
      ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ podAffinityTerm }, index) =>
        unselective(
          podAffinityTerm,
          `${field}.preferredDuringSchedulingIgnoredDuringExecution[${index}].podAffinityTerm`,
        ),
      ),
    ];
  });
}
