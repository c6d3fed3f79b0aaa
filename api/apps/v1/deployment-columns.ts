import { ageColumn, documentation, nameColumn, textColumn, workloadColumns } from "../../columns/columns.ts";
import type { Deployment, ReplicaSet } from "../../generated/types.ts";
import type { Column } from "../../kind.ts";

export const deploymentColumns: readonly Column<Deployment>[] = [
  nameColumn,
  textColumn("Ready", {
    description: "Number of the pod with ready state",
    cell: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
  }),
  textColumn("Up-to-date", {
    description: documentation("apps.v1.DeploymentStatus.updatedReplicas"),
    cell: ({ status }) => status?.updatedReplicas ?? 0,
  }),
  textColumn("Available", {
    description: documentation("apps.v1.DeploymentStatus.availableReplicas"),
    cell: ({ status }) => status?.availableReplicas ?? 0,
  }),
  ageColumn,
  ...workloadColumns<Deployment>({
    containers: ({ spec }) => spec?.template.spec?.containers,
    selector: ({ spec }) => spec?.selector,
    selectorDoc:
      "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment. It must match the pod template's labels.",
  }),
];

const replicasColumn = (
  name: string,
  description: string,
  cell: (replicaSet: ReplicaSet) => number | undefined,
): Column<ReplicaSet> => ({ name, type: "integer", description, cell: (replicaSet) => cell(replicaSet) ?? 0 });

export const replicaSetColumns: readonly Column<ReplicaSet>[] = [
  nameColumn,
  replicasColumn("Desired", documentation("apps.v1.ReplicaSetSpec.replicas"), ({ spec }) => spec?.replicas),
  replicasColumn("Current", documentation("apps.v1.ReplicaSetStatus.replicas"), ({ status }) => status?.replicas),
  replicasColumn(
    "Ready",
    documentation("apps.v1.ReplicaSetStatus.readyReplicas"),
    ({ status }) => status?.readyReplicas,
  ),
  ageColumn,
  ...workloadColumns<ReplicaSet>({
    containers: ({ spec }) => spec?.template?.spec?.containers,
    selector: ({ spec }) => spec?.selector,
    selectorDoc:
      "Selector is a label query over pods that should match the replica count. Label keys and values that must match in order to be controlled by this replica set. It must match the pod template's labels. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
  }),
];
