import { pods } from "../../api/core/v1/pod.ts";
import type { Binding, Pod } from "../../api/generated/types.ts";
import type { Status } from "../../api/status.ts";
import { StatusError } from "../../api/status.ts";
import { ConnectionError } from "../../client/connection-error.ts";
import type { RestClient } from "../../client/rest-client.ts";
import type { Clock } from "../../component-base/clock.ts";
import type { BindContext, Plugin } from "../framework.ts";

export interface DefaultBinderDeps {
  readonly client: Pick<RestClient, "createSubresource" | "get">;
  readonly clock: Clock;
  /** The revision that the decision rests on. */
  readonly seenRevision: () => string;
}

const rereadIntervalMs = 1000;

/**
 * Binds by POST to the Pod's `binding`. When no answer comes, the Pod is read until one does: what it says is what
 * happened. The write is never repeated, so a Pod is bound at most once whatever is lost on the way.
 */
export function createDefaultBinder(deps: DefaultBinderDeps): Plugin {
  const { client, clock } = deps;

  async function settle(context: BindContext, cause: unknown): Promise<"bound"> {
    const { pod, nodeName, signal } = context;
    for (;;) {
      const current = await readAgain(pod, signal);
      if (current !== undefined) {
        if (current.metadata?.uid === pod.uid && current.spec?.nodeName === nodeName) return "bound";
        throw cause;
      }
      await clock.sleep(rereadIntervalMs, { signal });
    }
  }

  /** Undefined while the server cannot be asked. */
  async function readAgain(pod: BindContext["pod"], signal: AbortSignal): Promise<Pod | undefined> {
    try {
      return await client.get(pods, pod, { signal });
    } catch (error) {
      if (error instanceof ConnectionError && error.code !== "closed") return undefined;
      if (isServerFailure(error)) return undefined;
      throw error;
    }
  }

  return {
    name: "DefaultBinder",
    async bind(context) {
      const { pod, nodeName, signal } = context;
      const binding: Binding = {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name: pod.name, namespace: pod.namespace, uid: pod.uid },
        target: { kind: "Node", name: nodeName },
      };
      try {
        const seenRevision = deps.seenRevision();
        await client.createSubresource<Binding, Status>(pods, pod, "binding", binding, { signal, seenRevision });
        return "bound";
      } catch (error) {
        const unknownOutcome = (error instanceof ConnectionError && error.maybeSent) || isServerFailure(error);
        if (!unknownOutcome) throw error;
        return await settle(context, error);
      }
    },
  };
}

const isServerFailure = (error: unknown) => error instanceof StatusError && error.code >= 500;
