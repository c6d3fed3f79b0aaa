import type { ConfigMap } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { nameOf, namespaceOf } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import { queueController } from "../queue-controller.ts";

const configMapName = "kube-root-ca.crt";
const descriptionAnnotation = "kubernetes.io/description";
const description =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/** Every active namespace has the ConfigMap by which its Pods can trust the API server. */
export function rootCaPublisher(context: ControllerContext): Controller {
  const { client, config } = context;
  const namespaces = context.informer({ kind: kinds.namespaces });
  const configMaps = context.informer({ kind: kinds.configMaps });
  const data = { "ca.crt": config.rootCa };

  const isUpToDate = (configMap: ConfigMap) =>
    configMap.data?.["ca.crt"] === config.rootCa &&
    Object.keys(configMap.data).length === 1 &&
    (configMap.metadata?.annotations?.[descriptionAnnotation] ?? "") !== "";

  async function publish(namespace: string, signal: AbortSignal): Promise<void> {
    const existing = configMaps.get({ namespace, name: configMapName });
    if (existing !== undefined && isUpToDate(existing)) return;
    const options = { signal, seenRevision: namespaces.lastSeenRevision };
    const annotations = { ...existing?.metadata?.annotations, [descriptionAnnotation]: description };
    const metadata = { ...existing?.metadata, name: configMapName, namespace, annotations };
    const wanted = { ...existing, apiVersion: "v1", kind: "ConfigMap", metadata, data };
    if (existing === undefined) await client.create(kinds.configMaps, wanted, options);
    else await client.update(kinds.configMaps, wanted, options);
  }

  const { queue, controller } = queueController(context, {
    workers: 5,
    async reconcile(namespace, { signal }) {
      const current = namespaces.get({ namespace: "", name: namespace });
      if (config.rootCa === "" || current === undefined || current.status?.phase === "Terminating") {
        return { kind: "done" };
      }
      try {
        await publish(namespace, signal);
      } catch (error) {
        const exists = error instanceof StatusError && error.reason === "AlreadyExists";
        if (!exists && !isNamespaceTerminating(error)) throw error;
      }
      return { kind: "done" };
    },
  });
  namespaces.addHandler({
    onAdd: (namespace) => queue.add(nameOf(namespace)),
    onUpdate: (_old, namespace) => queue.add(nameOf(namespace)),
  });
  const changed = (configMap: ConfigMap) => {
    if (nameOf(configMap) === configMapName) queue.add(namespaceOf(configMap));
  };
  configMaps.addHandler({ onUpdate: (_old, configMap) => changed(configMap), onDelete: changed });
  return controller;
}
