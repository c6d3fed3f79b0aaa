import { controllerRevisions } from "./apps/v1/controller-revision.ts";
import { deployments } from "./apps/v1/deployment.ts";
import { replicaSets } from "./apps/v1/replica-set.ts";
import { selfSubjectReviews } from "./authentication/v1/self-subject-review.ts";
import { tokenReviews } from "./authentication/v1/token-review.ts";
import { localSubjectAccessReviews } from "./authorization/v1/local-subject-access-review.ts";
import { selfSubjectAccessReviews } from "./authorization/v1/self-subject-access-review.ts";
import { selfSubjectRulesReviews } from "./authorization/v1/self-subject-rules-review.ts";
import { subjectAccessReviews } from "./authorization/v1/subject-access-review.ts";
import { leases } from "./coordination/v1/lease.ts";
import { bindings } from "./core/v1/binding.ts";
import { configMaps } from "./core/v1/config-map.ts";
import { endpoints } from "./core/v1/endpoints.ts";
import { events } from "./core/v1/event.ts";
import { namespaces } from "./core/v1/namespace.ts";
import { nodes } from "./core/v1/node.ts";
import { pods } from "./core/v1/pod.ts";
import { secrets } from "./core/v1/secret.ts";
import { services } from "./core/v1/service.ts";
import { serviceAccounts } from "./core/v1/service-account.ts";
import { endpointSlices } from "./discovery/v1/endpoint-slice.ts";
import { eventsV1 } from "./events/v1/event.ts";
import type { Kind } from "./kind.ts";
import { ipAddresses } from "./networking/v1/ip-address.ts";
import { clusterRoles } from "./rbac/v1/cluster-role.ts";
import { clusterRoleBindings } from "./rbac/v1/cluster-role-binding.ts";
import { roles } from "./rbac/v1/role.ts";
import { roleBindings } from "./rbac/v1/role-binding.ts";
import { priorityClasses } from "./scheduling/v1/priority-class.ts";

/** The only list of kinds: whatever is done for each kind loops over it. */
export const kinds = {
  namespaces,
  nodes,
  pods,
  configMaps,
  secrets,
  serviceAccounts,
  services,
  endpoints,
  events,
  bindings,
  deployments,
  replicaSets,
  controllerRevisions,
  eventsV1,
  selfSubjectReviews,
  tokenReviews,
  localSubjectAccessReviews,
  selfSubjectAccessReviews,
  selfSubjectRulesReviews,
  subjectAccessReviews,
  ipAddresses,
  clusterRoles,
  clusterRoleBindings,
  roles,
  roleBindings,
  priorityClasses,
  leases,
  endpointSlices,
} as const;

export type KindId = keyof typeof kinds;

/** Every kind, in the order of {@link kinds}. */
export const allKinds: readonly Kind[] = Object.values(kinds);

const byGvk = new Map(allKinds.map((kind) => [`${kind.apiVersion}/${kind.kind}`, kind]));

const apiVersionOf = (group: string, version: string) => (group === "" ? version : `${group}/${version}`);

/** The kind that a body with this apiVersion (`v1`, `apps/v1`) and kind is of. */
export const kindByApiVersion = (apiVersion: string, kind: string): Kind | undefined =>
  byGvk.get(`${apiVersion}/${kind}`);

export const kindByGvk = (group: string, version: string, kind: string): Kind | undefined =>
  kindByApiVersion(apiVersionOf(group, version), kind);
