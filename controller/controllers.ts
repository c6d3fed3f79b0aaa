import type { ControllerRow } from "./controller.ts";
import { deploymentController } from "./deployment/deployment-controller.ts";
import { replicaSetController } from "./replicaset/replica-set-controller.ts";
import { rootCaPublisher } from "./rootca/root-ca-publisher.ts";
import { serviceAccountController } from "./serviceaccount/service-account-controller.ts";

/** The only list of controllers. Names and aliases are kube-controller-manager's. */
export const controllers: readonly ControllerRow[] = [
  {
    name: "deployment-controller",
    aliases: ["deployment"],
    eventSource: "deployment-controller",
    summary: "rolls the templates of Deployments out through ReplicaSets",
    build: deploymentController,
  },
  {
    name: "replicaset-controller",
    aliases: ["replicaset"],
    eventSource: "replicaset-controller",
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
];
