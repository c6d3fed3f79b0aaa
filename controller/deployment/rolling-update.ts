/** What the arithmetic of a rollout needs to know of one ReplicaSet. */
export interface ReplicaSetSize {
  readonly name: string;
  /** `spec.replicas` */
  readonly replicas: number;
  /** `status.availableReplicas` */
  readonly available: number;
}

/** One change of size: one write of a ReplicaSet. */
export interface Resize {
  readonly name: string;
  readonly to: number;
}

export interface RollingUpdateInput {
  /** `spec.replicas` of the Deployment. */
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  /** Absent until it has been created. */
  readonly newReplicaSet?: ReplicaSetSize;
  /** Oldest first. */
  readonly oldReplicaSets: readonly ReplicaSetSize[];
}

const total = (sizes: readonly ReplicaSetSize[]) => sizes.reduce((sum, { replicas }) => sum + replicas, 0);

/**
 * How many replicas the new ReplicaSet should have now: as many more as the surge leaves room for.
 * @see kubernetes v1.36.0 pkg/controller/deployment/rolling.go
 */
export function newReplicaSetReplicas(input: RollingUpdateInput): number {
  const current = input.newReplicaSet?.replicas ?? 0;
  if (current >= input.replicas) return input.replicas;
  const room = input.replicas + input.maxSurge - total(input.oldReplicaSets) - current;
  if (room <= 0) return current;
  return current + Math.min(room, input.replicas - current);
}

/**
 * How the old ReplicaSets should shrink now, in the order of the writes: first what is not available anyway, then what
 * the new one's available Pods can replace.
 */
export function oldReplicaSetResizes(input: RollingUpdateInput): Resize[] {
  const { newReplicaSet, oldReplicaSets } = input;
  const minAvailable = input.replicas - input.maxUnavailable;
  const newUnavailable = (newReplicaSet?.replicas ?? 0) - (newReplicaSet?.available ?? 0);
  const all = total(oldReplicaSets) + (newReplicaSet?.replicas ?? 0);
  let unhealthyLeft = all - minAvailable - newUnavailable;
  if (total(oldReplicaSets) === 0 || unhealthyLeft <= 0) return [];

  const resizes: Resize[] = [];
  const sizes = oldReplicaSets.map((size) => ({ ...size }));
  const shrink = (size: { name: string; replicas: number }, by: number) => {
    size.replicas -= by;
    resizes.push({ name: size.name, to: size.replicas });
  };
  for (const size of sizes) {
    const unhealthy = Math.min(unhealthyLeft, size.replicas - size.available);
    if (size.replicas === 0 || unhealthy <= 0) continue;
    shrink(size, unhealthy);
    unhealthyLeft -= unhealthy;
  }

  let spare = sizes.reduce((sum, { available }) => sum + available, newReplicaSet?.available ?? 0) - minAvailable;
  for (const size of sizes) {
    const count = Math.min(size.replicas, spare);
    if (count <= 0) continue;
    shrink(size, count);
    spare -= count;
  }
  return resizes;
}
