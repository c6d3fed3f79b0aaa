import type { Random } from "../registry/random.ts";
import type { AdmissionPlugin } from "./admission.ts";
import type { AdmissionDeps } from "./cached-lookup.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { priority } from "./priority.ts";
import { serviceAccount } from "./service-account.ts";
import { taintNodesByCondition } from "./taint-nodes-by-condition.ts";

/** The plugins that are on, in upstream's order. @see k8s.io/kubernetes v1.36.0 pkg/kubeapiserver/options/plugins.go */
export function defaultPlugins(deps: AdmissionDeps & { random: Random }): readonly AdmissionPlugin[] {
  return [
    namespaceLifecycle(deps),
    serviceAccount(deps),
    taintNodesByCondition(),
    priority(deps),
    defaultTolerationSeconds(),
  ];
}
