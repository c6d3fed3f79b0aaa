import { clusterRoleAggregationController } from "./clusterroleaggregation/cluster-role-aggregation-controller.ts";
import type { ControllerRow } from "./controller.ts";
import { deploymentController } from "./deployment/deployment-controller.ts";
import { endpointsController } from "./endpoints/endpoints-controller.ts";
import { endpointSliceController } from "./endpointslice/endpoint-slice-controller.ts";
import { garbageCollector } from "./garbagecollector/garbage-collector.ts";
import { namespaceController } from "./namespace/namespace-controller.ts";
import { nodeLifecycleController } from "./nodelifecycle/node-lifecycle-controller.ts";
import { podGarbageCollector } from "./podgc/pod-garbage-collector.ts";
import { replicaSetController } from "./replicaset/replica-set-controller.ts";
import { rootCaPublisher } from "./rootca/root-ca-publisher.ts";
import { serviceAccountController } from "./serviceaccount/service-account-controller.ts";
import { taintEvictionController } from "./tainteviction/taint-eviction-controller.ts";

/** The only list of controllers. Names and aliases are kube-controller-manager's. */
export const controllers: readonly ControllerRow[] = [
  {
    name: "deployment-controller",
    aliases: ["deployment"],
    summary: "rolls the templates of Deployments out through ReplicaSets",
    build: deploymentController,
  },
  {
    name: "replicaset-controller",
    aliases: ["replicaset"],
    summary: "keeps as many Pods running as ReplicaSets ask for",
    build: replicaSetController,
  },
  {
    name: "serviceaccount-controller",
    aliases: ["serviceaccount"],
    summary: "gives every namespace its ServiceAccount `default`",
    build: serviceAccountController,
  },
  {
    name: "root-ca-certificate-publisher-controller",
    aliases: ["root-ca-cert-publisher"],
    summary: "puts the certificate of the API server's authority into every namespace",
    build: rootCaPublisher,
  },
  {
    name: "namespace-controller",
    aliases: ["namespace"],
    summary: "empties namespaces that are being deleted",
    build: namespaceController,
  },
  {
    name: "endpointslice-controller",
    aliases: ["endpointslice"],
    eventSource: "endpoint-slice-controller",
    summary: "says in EndpointSlices where the Pods of Services are",
    build: endpointSliceController,
  },
  {
    name: "endpoints-controller",
    aliases: ["endpoint"],
    eventSource: "endpoint-controller",
    summary: "says the same in Endpoints",
    build: endpointsController,
  },
  {
    name: "node-lifecycle-controller",
    aliases: ["nodelifecycle"],
    eventSource: "node-controller",
    summary: "notices nodes that fall silent, and taints nodes that are not fit for Pods",
    build: nodeLifecycleController,
  },
  {
    name: "taint-eviction-controller",
    aliases: [],
    summary: "deletes Pods from nodes whose taints they do not tolerate",
    build: taintEvictionController,
  },
  {
    name: "pod-garbage-collector-controller",
    aliases: ["podgc"],
    summary: "deletes Pods that no kubelet will ever finish",
    build: podGarbageCollector,
  },
  {
    name: "clusterrole-aggregation-controller",
    aliases: ["clusterrole-aggregation"],
    summary: "fills aggregated ClusterRoles",
    build: clusterRoleAggregationController,
  },
  // Last: it shares the informers that the others have asked for.
  {
    name: "garbage-collector-controller",
    aliases: ["garbagecollector"],
    summary: "deletes objects whose owners have gone",
    build: garbageCollector,
  },
];
