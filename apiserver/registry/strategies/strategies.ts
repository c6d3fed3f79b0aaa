import type { Kind } from "../../../api/kind.ts";
import type { ApiObject } from "../../../api/meta.ts";
import type { RegistryDeps } from "../registry-deps.ts";
import type { Strategy } from "../strategy.ts";
import { configMapStrategy } from "./config-map.ts";
import { endpointSliceStrategy, endpointsStrategy } from "./endpoints.ts";
import { eventStrategy, eventsV1Strategy } from "./event.ts";
import { ipAddressStrategy } from "./ip-address.ts";
import { leaseStrategy } from "./lease.ts";
import { namespaceStrategy } from "./namespace.ts";
import { nodeStrategy } from "./node.ts";
import { podStrategy } from "./pod.ts";
import { priorityClassStrategy } from "./priority-class.ts";
import { roleBindingStrategy, roleStrategy } from "./rbac.ts";
import { secretStrategy } from "./secret.ts";
import { serviceStrategy } from "./service.ts";
import { serviceAccountStrategy } from "./service-account.ts";
import { controllerRevisionStrategy, deploymentStrategy, replicaSetStrategy } from "./workloads.ts";

/** `pods`, `deployments.apps`: a resource as strategies are listed by. */
export const kindId = (kind: Pick<Kind, "group" | "plural">) =>
  kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;

/** Where kinds differ from the generic operations; those that are missing do not. */
export function createStrategies(deps: RegistryDeps): ReadonlyMap<string, Strategy> {
  const { escalation } = deps;
  const strategies: Readonly<Record<string, Strategy<never>>> = {
    pods: podStrategy(deps),
    configmaps: configMapStrategy,
    secrets: secretStrategy,
    namespaces: namespaceStrategy,
    nodes: nodeStrategy,
    services: serviceStrategy(deps),
    serviceaccounts: serviceAccountStrategy,
    endpoints: endpointsStrategy,
    events: eventStrategy,
    "events.events.k8s.io": eventsV1Strategy,
    "deployments.apps": deploymentStrategy,
    "replicasets.apps": replicaSetStrategy,
    "controllerrevisions.apps": controllerRevisionStrategy,
    "leases.coordination.k8s.io": leaseStrategy,
    "endpointslices.discovery.k8s.io": endpointSliceStrategy,
    "ipaddresses.networking.k8s.io": ipAddressStrategy,
    "priorityclasses.scheduling.k8s.io": priorityClassStrategy,
    "roles.rbac.authorization.k8s.io": roleStrategy({ plural: "roles", namespaced: true }, escalation),
    "clusterroles.rbac.authorization.k8s.io": roleStrategy({ plural: "clusterroles", namespaced: false }, escalation),
    "rolebindings.rbac.authorization.k8s.io": roleBindingStrategy(
      { plural: "rolebindings", namespaced: true },
      escalation,
    ),
    "clusterrolebindings.rbac.authorization.k8s.io": roleBindingStrategy(
      { plural: "clusterrolebindings", namespaced: false },
      escalation,
    ),
  };
  // A strategy is only ever given objects of its own kind: rows and strategies are joined by name, once, here.
  return new Map(Object.entries(strategies as Readonly<Record<string, Strategy<ApiObject>>>));
}
