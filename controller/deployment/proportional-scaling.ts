/** One active ReplicaSet of a Deployment that is being scaled in the middle of a rollout. */
export interface ScaledReplicaSet {
  readonly name: string;
  readonly replicas: number;
  /** Its max-replicas annotation: what all ReplicaSets together could have before this scaling. */
  readonly maxReplicasBefore: number | undefined;
  readonly createdMs: number;
}

export interface ProportionalScalingInput {
  /** `spec.replicas` of the Deployment. */
  readonly replicas: number;
  readonly maxSurge: number;
  /** `status.replicas` of the Deployment, where a ReplicaSet does not say what was allowed before. */
  readonly statusReplicas: number;
  readonly replicaSets: readonly ScaledReplicaSet[];
}

/**
 * The new size of every active ReplicaSet, largest first: each grows or shrinks in proportion to its share, the largest
 * takes what rounding leaves over.
 * @see kubernetes v1.36.0 pkg/controller/deployment/util/deployment_util.go (GetReplicaSetProportion)
 */
export function proportionalSizes(input: ProportionalScalingInput): { name: string; to: number }[] {
  const { replicas, maxSurge, replicaSets } = input;
  const current = replicaSets.reduce((sum, replicaSet) => sum + replicaSet.replicas, 0);
  const toAdd = (replicas > 0 ? replicas + maxSurge : 0) - current;
  // Among equals the newest grows first and the oldest shrinks first.
  const tie = toAdd < 0 ? 1 : -1;
  const sorted = [...replicaSets].sort(
    (a, b) => b.replicas - a.replicas || tie * (a.createdMs - b.createdMs) || (a.name < b.name ? tie : -tie),
  );
  let added = 0;
  const sizes = sorted.map((replicaSet) => {
    const share = shareOf(replicaSet, { input, toAdd, left: toAdd - added });
    added += share;
    return { name: replicaSet.name, to: replicaSet.replicas + share };
  });
  const largest = sizes[0];
  if (largest !== undefined) largest.to = Math.max(0, largest.to + toAdd - added);
  return sizes;
}

function shareOf(
  replicaSet: ScaledReplicaSet,
  context: { input: ProportionalScalingInput; toAdd: number; left: number },
): number {
  const { input, toAdd, left } = context;
  if (replicaSet.replicas === 0 || left === 0) return 0;
  const wanted = wantedChange(replicaSet, input);
  return toAdd > 0 ? Math.min(wanted, left) : Math.max(wanted, left);
}

function wantedChange(replicaSet: ScaledReplicaSet, input: ProportionalScalingInput): number {
  if (input.replicas === 0) return -replicaSet.replicas;
  const before = replicaSet.maxReplicasBefore || input.statusReplicas;
  if (before === 0) return 0;
  return Math.round((replicaSet.replicas * (input.replicas + input.maxSurge)) / before) - replicaSet.replicas;
}
