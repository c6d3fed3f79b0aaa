import type { Pod, Service } from "../../api/generated/types.ts";
import { createdMs, nameOf } from "../../api/meta.ts";
import { podCondition } from "../pods/pod-state.ts";

/** Annotation: when the change happened that the endpoints' last write is about. */
const lastChangeTriggerTime = "endpoints.kubernetes.io/last-change-trigger-time";

interface Known {
  readonly podsMs: ReadonlyMap<string, number>;
  readonly serviceMs: number;
}

/**
 * Remembers per Service what has been reported, and tells which change the next write is about: the earliest one that is
 * new. @see kubernetes v1.36.0 staging/src/k8s.io/endpointslice/util/trigger_time_tracker.go
 */
export class TriggerTimes {
  readonly #known = new Map<string, Known>();

  /** The annotation's value; `undefined`: the change has no known time. Call once per sync. */
  next(key: string, service: Service, pods: readonly Pod[]): string | undefined {
    const before = this.#known.get(key);
    const podsMs = new Map(pods.map((pod) => [nameOf(pod), readyChangedMs(pod)]));
    const serviceMs = createdMs(service);
    this.#known.set(key, { podsMs, serviceMs });
    if (before === undefined) return format(serviceMs);
    const changes = [...podsMs].filter(([name, ms]) => ms > (before.podsMs.get(name) ?? 0)).map(([, ms]) => ms);
    if (serviceMs > before.serviceMs) changes.push(serviceMs);
    return changes.length === 0 ? undefined : format(Math.min(...changes));
  }

  forget(key: string): void {
    this.#known.delete(key);
  }
}

const readyChangedMs = (pod: Pod) => Date.parse(podCondition(pod, "Ready")?.lastTransitionTime ?? "") || 0;

const format = (ms: number) => (ms === 0 ? undefined : `${new Date(ms).toISOString().slice(0, 19)}Z`);

/** The annotations with the time set, or without it when it is unknown. */
export function withTriggerTime(
  annotations: Readonly<Record<string, string>> | undefined,
  time: string | undefined,
): Record<string, string> {
  const { [lastChangeTriggerTime]: _old, ...others } = annotations ?? {};
  return time === undefined ? others : { ...others, [lastChangeTriggerTime]: time };
}
