import { isDeepStrictEqual } from "node:util";
import type { Endpoints, Service } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { keyOf, keyString, parseKey } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import { unlessNotFound } from "../not-found.ts";
import { podInformer } from "../pods/pod-informer.ts";
import { queueController } from "../queue-controller.ts";
import { podsOf, selectsPods, servicePodHandler } from "../services/service-pods.ts";
import { TriggerTimes, withTriggerTime } from "../services/trigger-times.ts";
import { untilSeen, WrittenRevisions } from "../written-revisions.ts";
import { endpointSubsets } from "./subsets.ts";

const managedByLabel = "endpoints.kubernetes.io/managed-by";
const headlessLabel = "service.kubernetes.io/headless";
const overCapacity = "endpoints.kubernetes.io/over-capacity";

const keyFor = (service: Service) => keyString(keyOf(service));

function labelsOf(service: Service): Record<string, string> {
  const { [headlessLabel]: _headless, ...own } = service.metadata?.labels ?? {};
  return {
    ...own,
    ...(service.spec?.clusterIP === "None" && { [headlessLabel]: "" }),
    [managedByLabel]: "endpoint-controller",
  };
}

/** Keeps the Endpoints object of every Service with a selector, for clients that do not know EndpointSlices. */
export function endpointsController(context: ControllerContext): Controller {
  const { client, config, recorder } = context;
  const services = context.informer({ kind: kinds.services });
  const endpoints = context.informer({ kind: kinds.endpoints });
  const pods = podInformer(context);
  const triggerTimes = new TriggerTimes();
  const written = new WrittenRevisions(context);

  async function removeEndpoints(key: string, signal: AbortSignal): Promise<void> {
    triggerTimes.forget(key);
    const existing = endpoints.get(parseKey(key));
    // Endpoints that somebody else made for a Service of theirs are not ours to delete.
    if (existing?.metadata?.labels?.[managedByLabel] === undefined) return;
    await unlessNotFound(client.delete(kinds.endpoints, keyOf(existing), { signal }));
  }

  async function sync(service: Service, key: string, signal: AbortSignal): Promise<void> {
    const selected = podsOf(service, pods);
    const { subsets, truncated } = endpointSubsets(service, selected);
    const existing = endpoints.get(parseKey(key));
    const labels = labelsOf(service);
    const time = triggerTimes.next(key, service, selected);
    const { [overCapacity]: wasTruncated, ...others } = existing?.metadata?.annotations ?? {};
    const same =
      existing !== undefined &&
      isDeepStrictEqual(existing.subsets ?? [], subsets) &&
      isDeepStrictEqual(existing.metadata?.labels, labels) &&
      (wasTruncated !== undefined) === truncated;
    if (same) return;
    const annotations = { ...withTriggerTime(others, time), ...(truncated && { [overCapacity]: "truncated" }) };
    const wanted: Endpoints = {
      apiVersion: "v1",
      kind: "Endpoints",
      metadata: { ...existing?.metadata, ...keyOf(service), labels, annotations },
      ...(subsets.length > 0 && { subsets }),
    };
    const options = { signal, seenRevision: pods.lastSeenRevision };
    const reason = existing === undefined ? "FailedToCreateEndpoint" : "FailedToUpdateEndpoint";
    try {
      const answer =
        existing === undefined
          ? await client.create(kinds.endpoints, wanted, options)
          : await client.update(kinds.endpoints, wanted, options);
      written.note(key, answer);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      const isRace = error instanceof StatusError && error.code === 409;
      if (!isRace && !signal.aborted) {
        const verb = existing === undefined ? "create" : "update";
        const text = error instanceof Error ? error.message : String(error);
        const message = `Failed to ${verb} endpoint ${key}: ${text}`;
        recorder.event(kinds.endpoints, wanted, { type: "Warning", reason, message });
      }
      throw error;
    }
  }

  const { queue, controller } = queueController(context, {
    workers: config.concurrentEndpointSyncs,
    maxRetries: 15,
    async reconcile(key, { signal }) {
      if (!written.isSeen(key, endpoints.lastSeenRevision)) return untilSeen;
      const service = services.get(parseKey(key));
      if (service === undefined) await removeEndpoints(key, signal);
      else if (selectsPods(service)) await sync(service, key, signal);
      return { kind: "done" };
    },
  });
  services.addHandler({
    onAdd: (service) => queue.add(keyFor(service)),
    onUpdate: (_old, service) => queue.add(keyFor(service)),
    onDelete: (service) => queue.add(keyFor(service)),
  });
  pods.addHandler(servicePodHandler(services, (key) => queue.add(key)));
  const changed = (object: Endpoints) => queue.add(keyString(keyOf(object)));
  endpoints.addHandler({ onAdd: changed, onUpdate: (_old, object) => changed(object), onDelete: changed });
  return controller;
}
