import type { ReplicaSet } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import type { Informer } from "../../client/informer.ts";
import type { ControllerContext } from "../controller.ts";
import { controllerUidIndex } from "../ownership/owner-indexes.ts";

/** The ReplicaSets of the process, found also by the UID of their controller. */
export const replicaSetInformer = (context: Pick<ControllerContext, "informer">): Informer<ReplicaSet> =>
  context.informer({ kind: kinds.replicaSets, indexers: { controllerUid: controllerUidIndex } });
