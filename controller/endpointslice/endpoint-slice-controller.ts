import type { EndpointSlice, Service } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { isDeleting, keyOf, keyString, namespaceOf, parseKey } from "../../api/meta.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import { podInformer } from "../pods/pod-informer.ts";
import { queueController } from "../queue-controller.ts";
import { podsOf, selectsPods, servicePodHandler } from "../services/service-pods.ts";
import { TriggerTimes } from "../services/trigger-times.ts";
import { untilSeen, WrittenRevisions } from "../written-revisions.ts";
import { managedBy, managedByLabel, reconcileSlices, type SliceChanges, serviceNameLabel } from "./reconcile-slices.ts";

const zoneLabel = "topology.kubernetes.io/zone";

const keyFor = (service: Service) => keyString(keyOf(service));

/** The Service a slice of this controller belongs to. */
function serviceKeyOf(slice: EndpointSlice): string | undefined {
  const { labels } = slice.metadata ?? {};
  const name = labels?.[serviceNameLabel];
  return name === undefined || labels?.[managedByLabel] !== managedBy
    ? undefined
    : keyString({ namespace: namespaceOf(slice), name });
}

/** Says in EndpointSlices where the Pods of every Service with a selector are. */
export function endpointSliceController(context: ControllerContext): Controller {
  const { client, config, recorder } = context;
  const services = context.informer({ kind: kinds.services });
  const nodes = context.informer({ kind: kinds.nodes });
  const pods = podInformer(context);
  const slices = context.informer({
    kind: kinds.endpointSlices,
    indexers: { managedService: (slice) => [serviceKeyOf(slice) ?? ""] },
  });
  const triggerTimes = new TriggerTimes();
  const written = new WrittenRevisions(context);

  async function write(changes: SliceChanges, key: string, signal: AbortSignal): Promise<void> {
    const options = { signal, seenRevision: pods.lastSeenRevision };
    const remember = (slice: EndpointSlice) => written.note(key, slice);
    for (const slice of changes.create) remember(await client.create(kinds.endpointSlices, slice, options));
    for (const slice of changes.update) remember(await client.update(kinds.endpointSlices, slice, options));
    for (const slice of changes.remove) await client.delete(kinds.endpointSlices, keyOf(slice), options);
  }

  const { queue, controller } = queueController(context, {
    workers: config.concurrentServiceEndpointSyncs,
    maxRetries: 15,
    async reconcile(key, { signal }) {
      const service = services.get(parseKey(key));
      if (service === undefined || !selectsPods(service) || isDeleting(service)) {
        // The slices of a Service that has gone are the garbage collector's.
        triggerTimes.forget(key);
        written.forget(key);
        return { kind: "done" };
      }
      if (!written.isSeen(key, slices.lastSeenRevision)) return untilSeen;
      const selected = podsOf(service, pods);
      const changes = reconcileSlices({
        service,
        pods: selected,
        slices: slices.byIndex("managedService", key).filter((slice) => !isDeleting(slice)),
        nodeOf: (name) => nodes.get({ namespace: "", name }),
        maxPerSlice: config.maxEndpointsPerSlice,
        triggerTime: triggerTimes.next(key, service, selected),
      });
      try {
        await write(changes, key, signal);
      } catch (error) {
        if (isNamespaceTerminating(error)) return { kind: "done" };
        if (!signal.aborted) {
          const text = error instanceof Error ? error.message : String(error);
          const message = `Error updating Endpoint Slices for Service ${key}: ${text}`;
          recorder.event(kinds.services, service, { type: "Warning", reason: "FailedToUpdateEndpointSlices", message });
        }
        throw error;
      }
      return { kind: "done" };
    },
  });

  services.addHandler({
    onAdd: (service) => queue.add(keyFor(service)),
    onUpdate: (_old, service) => queue.add(keyFor(service)),
    onDelete: (service) => queue.add(keyFor(service)),
  });
  pods.addHandler(servicePodHandler(services, (key) => queue.add(key)));
  const sliceChanged = (slice: EndpointSlice) => {
    const key = serviceKeyOf(slice);
    if (key !== undefined) queue.add(key);
  };
  slices.addHandler({ onAdd: sliceChanged, onUpdate: (_old, slice) => sliceChanged(slice), onDelete: sliceChanged });
  nodes.addHandler({
    onUpdate(old, node) {
      if (old.metadata?.labels?.[zoneLabel] === node.metadata?.labels?.[zoneLabel]) return;
      for (const service of services.list()) queue.add(keyFor(service));
    },
  });
  return controller;
}
