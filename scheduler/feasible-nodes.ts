const minFeasibleNodes = 100;
const minPercentage = 5;

/**
 * How many feasible nodes are enough to choose among.
 * @param percentage - of all nodes; 0 adapts: 50 % of a hundred down to 5 % of more than 5,600
 * @see k8s.io/kubernetes v1.36.0 pkg/scheduler/schedule_one.go
 */
export function numFeasibleNodesToFind(candidates: number, percentage: number): number {
  if (candidates < minFeasibleNodes) return candidates;
  const share = percentage > 0 ? percentage : Math.max(50 - Math.floor(candidates / 125), minPercentage);
  if (share >= 100) return candidates;
  return Math.max(Math.floor((candidates * share) / 100), minFeasibleNodes);
}
