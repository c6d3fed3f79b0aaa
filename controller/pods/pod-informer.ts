import type { Pod } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import type { Informer } from "../../client/informer.ts";
import type { ControllerContext } from "../controller.ts";
import { controllerUidIndex, orphanNamespaceIndex } from "../ownership/owner-indexes.ts";

/**
 * The Pods of the process, found also by `controllerUid`, by `orphanNamespace` (those without a controller) and by
 * `nodeName`.
 */
export const podInformer = (context: Pick<ControllerContext, "informer">): Informer<Pod> =>
  context.informer({
    kind: kinds.pods,
    indexers: {
      controllerUid: controllerUidIndex,
      orphanNamespace: orphanNamespaceIndex,
      nodeName: (pod) => (pod.spec?.nodeName === undefined ? [] : [pod.spec.nodeName]),
    },
  });
