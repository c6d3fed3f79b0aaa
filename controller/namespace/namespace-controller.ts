import { isDeepStrictEqual } from "node:util";
import type { Namespace } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { isDeleting, nameOf, namespaceOf } from "../../api/meta.ts";
import { timestamp } from "../../component-base/clock.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { unlessNotFound } from "../not-found.ts";
import { podInformer } from "../pods/pod-informer.ts";
import { queueController } from "../queue-controller.ts";
import { deleteContent } from "./delete-content.ts";
import { type ContentReport, namespaceConditions } from "./namespace-conditions.ts";

const finalizer = "kubernetes";
const firstRetryMs = 50;
const longestRetryMs = 5_000;

/**
 * Empties namespaces that are being deleted, then lets them go. While something is left it looks again, soon at first and
 * then less often; a Pod that goes is a reason to look at once.
 */
export function namespaceController(context: ControllerContext): Controller {
  const { client, clock, config } = context;
  const namespaces = context.informer({ kind: kinds.namespaces });
  const pods = podInformer(context);
  const looks = new Map<string, number>();

  async function finalize(namespace: Namespace, signal: AbortSignal): Promise<void> {
    const finalizers = (namespace.spec?.finalizers ?? []).filter((name) => name !== finalizer);
    const spec = finalizers.length === 0 ? {} : { finalizers };
    await client.update(kinds.namespaces, { ...namespace, spec }, { subresource: "finalize", signal });
  }

  /** The namespace as it is after its conditions have been brought up to date. */
  async function writeConditions(namespace: Namespace, report: ContentReport, signal: AbortSignal): Promise<Namespace> {
    const current = namespace.status?.conditions ?? [];
    const conditions = namespaceConditions(report, current, timestamp(clock));
    if (isDeepStrictEqual(conditions, current) && namespace.status?.phase === "Terminating") return namespace;
    const status = { ...namespace.status, phase: "Terminating", conditions };
    return await client.update(kinds.namespaces, { ...namespace, status }, { subresource: "status", signal });
  }

  const { queue, controller } = queueController(context, {
    workers: config.concurrentNamespaceSyncs,
    async reconcile(name, { signal }) {
      const cached = namespaces.get({ namespace: "", name });
      if (cached === undefined || !isDeleting(cached)) {
        looks.delete(name);
        return { kind: "done" };
      }
      const live = await unlessNotFound(client.get(kinds.namespaces, { namespace: "", name }, { signal }));
      const finalizers = live?.spec?.finalizers ?? [];
      if (live === undefined || !isDeleting(live) || !finalizers.includes(finalizer)) return { kind: "done" };

      const report = await deleteContent(name, client, { signal });
      const isEmpty = report.remaining.length === 0 && report.deletionFailures.length === 0;
      if (isEmpty && report.discoveryFailures.length === 0) {
        const goesAtOnce = finalizers.length === 1 && (live.metadata?.finalizers ?? []).length === 0;
        await finalize(goesAtOnce ? live : await writeConditions(live, report, signal), signal);
        return { kind: "done" };
      }
      await writeConditions(live, report, signal);
      const look = looks.get(name) ?? 0;
      looks.set(name, look + 1);
      return { kind: "requeueAfter", delayMs: Math.min(firstRetryMs * 2 ** look, longestRetryMs) };
    },
  });

  const changed = (namespace: Namespace) => {
    if (isDeleting(namespace)) queue.addAfter(nameOf(namespace), config.namespaceDeletionDelayMs);
  };
  namespaces.addHandler({
    onAdd: changed,
    onUpdate(old, namespace) {
      if (!isDeleting(old)) changed(namespace);
    },
    onDelete: (namespace) => queue.add(nameOf(namespace)),
  });
  pods.addHandler({
    onDelete(pod) {
      const namespace = namespaces.get({ namespace: "", name: namespaceOf(pod) });
      if (namespace !== undefined && isDeleting(namespace) && looks.has(nameOf(namespace)))
        queue.add(nameOf(namespace));
    },
  });
  return controller;
}
