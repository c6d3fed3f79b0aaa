import { kinds } from "../../api/kinds.ts";
import { nameOf, namespaceOf } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import { queueController } from "../queue-controller.ts";

/** The account of Pods that name none. */
const defaultAccount = "default";

/** Every active namespace has its ServiceAccount `default`, also after somebody has deleted it. */
export function serviceAccountController(context: ControllerContext): Controller {
  const { client } = context;
  const namespaces = context.informer({ kind: kinds.namespaces });
  const accounts = context.informer({ kind: kinds.serviceAccounts });
  const { queue, controller } = queueController(context, {
    workers: context.config.concurrentServiceAccountSyncs,
    async reconcile(namespace, { signal }) {
      const current = namespaces.get({ namespace: "", name: namespace });
      if (current === undefined || current.status?.phase === "Terminating") return { kind: "done" };
      if (accounts.get({ namespace, name: defaultAccount }) !== undefined) return { kind: "done" };
      const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: defaultAccount, namespace } };
      try {
        await client.create(kinds.serviceAccounts, account, { signal, seenRevision: namespaces.lastSeenRevision });
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
  accounts.addHandler({
    onDelete(account) {
      if (nameOf(account) === defaultAccount) queue.add(namespaceOf(account));
    },
  });
  return controller;
}
