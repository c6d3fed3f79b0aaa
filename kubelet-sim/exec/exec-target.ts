import type { Pod } from "../../api/generated/types.ts";
import type { ExecTarget } from "./exec-session.ts";
import type { ContainerView } from "./program.ts";
import { simulatedContainer } from "./simulated-container.ts";

/** A container of a Pod if it runs. */
export function execTarget(pod: Pod, name: string, view?: (pod: Pod) => ContainerView): ExecTarget {
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  const container = [...initContainers, ...containers].find((one) => one.name === name);
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const runs = statuses.find((status) => status.name === name)?.state?.running !== undefined;
  if (container === undefined || !runs)
    return { kind: "none", problem: `container not found (${JSON.stringify(name)})` };
  return { kind: "container", view: view?.(pod) ?? simulatedContainer(pod, container) };
}
