import { createDefaultBinder, type DefaultBinderDeps } from "./plugins/default-binder.ts";
import { createDefaultPreemption, type DefaultPreemptionDeps } from "./plugins/default-preemption.ts";
import { dynamicResources } from "./plugins/dynamic-resources.ts";
import { imageLocality } from "./plugins/image-locality.ts";
import { nodeAffinity } from "./plugins/node-affinity.ts";
import { nodeName } from "./plugins/node-name.ts";
import { nodePorts } from "./plugins/node-ports.ts";
import { nodeResourcesBalancedAllocation } from "./plugins/node-resources-balanced-allocation.ts";
import { nodeResourcesFit } from "./plugins/node-resources-fit.ts";
import { nodeUnschedulable } from "./plugins/node-unschedulable.ts";
import { prioritySort } from "./plugins/priority-sort.ts";
import { schedulingGates } from "./plugins/scheduling-gates.ts";
import { taintToleration } from "./plugins/taint-toleration.ts";
import type { Profile } from "./profile.ts";

export interface DefaultProfileDeps extends DefaultBinderDeps, DefaultPreemptionDeps {}

/**
 * `default-scheduler`: Kubernetes' default plugins in their order, with their weights.
 * @see k8s.io/kubernetes v1.36.0 pkg/scheduler/apis/config/v1/default_plugins.go
 */
export function defaultProfile(deps: DefaultProfileDeps): Profile {
  return {
    schedulerName: "default-scheduler",
    plugins: [
      { plugin: schedulingGates },
      { plugin: prioritySort },
      { plugin: nodeUnschedulable },
      { plugin: nodeName },
      { plugin: taintToleration, weight: 3 },
      { plugin: nodeAffinity, weight: 2 },
      { plugin: nodePorts },
      { plugin: nodeResourcesFit },
      { plugin: dynamicResources },
      { plugin: createDefaultPreemption(deps) },
      { plugin: nodeResourcesBalancedAllocation },
      { plugin: imageLocality },
      { plugin: createDefaultBinder(deps) },
    ],
  };
}
