import type { Deployment } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";
import { scaleSubresource, statusSubresource } from "../../subresources.ts";
import { deploymentColumns } from "./deployment-columns.ts";
import { defaultDeployment } from "./workload-defaults.ts";

export const deployments = defineKind<Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  scope: "Namespaced",
  schema: "io.k8s.api.apps.v1.Deployment",
  shortNames: ["deploy"],
  categories: ["all"],
  subresources: [scaleSubresource, statusSubresource],
  generation: "spec-or-annotations",
  defaults: defaultDeployment,
  columns: deploymentColumns,
});
