import type { Node } from "../api/generated/types.ts";
import type { PodInfo } from "./pod-info.ts";

export type EventResource = "Node" | "AssignedPod" | "UnscheduledPod";

/** What changed, as bits: one event may be several of them. */
export const change = {
  add: 1,
  delete: 2,
  nodeAllocatable: 4,
  nodeLabel: 8,
  nodeTaint: 16,
  nodeCondition: 32,
  nodeAnnotation: 64,
  podLabel: 128,
  podScaleDown: 256,
  podToleration: 512,
  podSchedulingGates: 1024,
} as const;

/** Something that may let a Pod fit that did not fit before. */
export type ClusterEvent =
  | {
      readonly resource: "Node";
      readonly changes: number;
      readonly old?: Readonly<Node>;
      readonly current?: Readonly<Node>;
    }
  | {
      readonly resource: "AssignedPod" | "UnscheduledPod";
      readonly changes: number;
      readonly old?: PodInfo;
      readonly current?: PodInfo;
    };

/** Which of the changes that scheduling cares about lie between two states of a Node; 0: none. */
export function nodeChanges(old: Readonly<Node>, current: Readonly<Node>): number {
  let changes = 0;
  if (!sameJson(old.status?.allocatable, current.status?.allocatable)) changes |= change.nodeAllocatable;
  if (!sameJson(old.metadata?.labels, current.metadata?.labels)) changes |= change.nodeLabel;
  const cordoned = (node: Readonly<Node>) => node.spec?.unschedulable === true;
  if (cordoned(old) !== cordoned(current) || !sameJson(old.spec?.taints, current.spec?.taints)) {
    changes |= change.nodeTaint;
  }
  if (!sameJson(conditionStates(old), conditionStates(current))) changes |= change.nodeCondition;
  return changes;
}

/** Whether a Node changed in anything that the scheduler keeps. */
export function nodeTableChanged(old: Readonly<Node>, current: Readonly<Node>): boolean {
  return nodeChanges(old, current) !== 0 || !sameJson(old.status?.images, current.status?.images);
}

const conditionStates = (node: Readonly<Node>) => node.status?.conditions?.map(({ type, status }) => [type, status]);

export const sameJson = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/** Which of the changes that scheduling cares about lie between two states of a Pod. */
export function podChanges(old: PodInfo, current: PodInfo): number {
  let changes = 0;
  if (!sameJson(old.labels, current.labels)) changes |= change.podLabel;
  if (!sameJson(old.pod.spec?.tolerations, current.pod.spec?.tolerations)) changes |= change.podToleration;
  const gates = (info: PodInfo) => info.pod.spec?.schedulingGates?.length ?? 0;
  if (gates(current) < gates(old)) changes |= change.podSchedulingGates;
  const amount = (info: PodInfo, name: string) => info.requests.find((request) => request.name === name)?.amount ?? 0;
  if (old.requests.some((request) => amount(current, request.name) < request.amount)) changes |= change.podScaleDown;
  return changes;
}
