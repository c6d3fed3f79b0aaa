const baseMs = 10_000;
const maxMs = 300_000;

/**
 * How long a container that has been restarted this often waits for its next start, from the moment it ended: not at all
 * the first time, then 10 s doubling to 5 minutes. A simulated container's history is its restart count.
 * @see k8s.io/kubernetes v1.36.0 pkg/kubelet/kuberuntime/kuberuntime_manager.go
 */
export function crashLoopDelayMs(restartCount: number): number {
  return restartCount === 0 ? 0 : Math.min(baseMs * 2 ** (restartCount - 1), maxMs);
}
