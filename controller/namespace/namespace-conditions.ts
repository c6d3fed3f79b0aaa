import type { NamespaceCondition } from "../../api/generated/types.ts";
import type { Kind } from "../../api/kind.ts";

/** What a look at a terminating namespace found. */
export interface ContentReport {
  /** Objects left, by kind. */
  readonly remaining: readonly { readonly kind: Kind; readonly count: number }[];
  /** Objects left that wait for a finalizer, by finalizer. */
  readonly finalizers: ReadonlyMap<string, number>;
  readonly discoveryFailures: readonly string[];
  readonly deletionFailures: readonly string[];
}

type Content = Pick<NamespaceCondition, "type" | "status" | "reason" | "message">;

function condition(
  type: string,
  problem: { reason: string; message: string } | undefined,
  fine: [string, string],
): Content {
  return problem === undefined
    ? { type, status: "False", reason: fine[0], message: fine[1] }
    : { type, status: "True", ...problem };
}

/** The five conditions of a terminating namespace. @see kubernetes v1.36.0 pkg/controller/namespace/deletion/status_condition_utils.go */
export function namespaceConditions(
  report: ContentReport,
  current: readonly NamespaceCondition[],
  now: string,
): NamespaceCondition[] {
  const { remaining, finalizers, discoveryFailures, deletionFailures } = report;
  const left = [...remaining]
    .map(({ kind, count }) => `${kind.plural}.${kind.group} has ${count} resource instances`)
    .sort();
  const waiting = [...finalizers].map(([name, count]) => `${name} in ${count} resource instances`).sort();
  const contents: Content[] = [
    condition(
      "NamespaceDeletionDiscoveryFailure",
      discoveryFailures.length === 0
        ? undefined
        : { reason: "DiscoveryFailed", message: `Discovery failed for some groups: ${discoveryFailures.join(", ")}` },
      ["ResourcesDiscovered", "All resources successfully discovered"],
    ),
    condition("NamespaceDeletionGroupVersionParsingFailure", undefined, [
      "ParsedGroupVersions",
      "All legacy kube types successfully parsed",
    ]),
    condition(
      "NamespaceDeletionContentFailure",
      deletionFailures.length === 0
        ? undefined
        : {
            reason: "ContentDeletionFailed",
            message: `Failed to delete all resource types, ${deletionFailures.length} remaining: ${deletionFailures.join(", ")}`,
          },
      ["ContentDeleted", "All content successfully deleted, may be waiting on finalization"],
    ),
    condition(
      "NamespaceContentRemaining",
      left.length === 0
        ? undefined
        : { reason: "SomeResourcesRemain", message: `Some resources are remaining: ${left.join(", ")}` },
      ["ContentRemoved", "All content successfully removed"],
    ),
    condition(
      "NamespaceFinalizersRemaining",
      waiting.length === 0
        ? undefined
        : {
            reason: "SomeFinalizersRemain",
            message: `Some content in the namespace has finalizers remaining: ${waiting.join(", ")}`,
          },
      ["ContentHasNoFinalizers", "All content-preserving finalizers finished"],
    ),
  ];
  const ours = contents.map((content) => {
    const before = current.find(({ type }) => type === content.type);
    if (before?.status === content.status && before.reason === content.reason && before.message === content.message) {
      return before;
    }
    const { type, status, reason, message } = content;
    return {
      type,
      status,
      lastTransitionTime: now,
      ...(reason !== undefined && { reason }),
      ...(message !== undefined && { message }),
    };
  });
  const others = current.filter(({ type }) => !contents.some((content) => content.type === type));
  return [...others, ...ours];
}
