import { kinds } from "../../api/kinds.ts";
import type { RestClient } from "../../client/rest-client.ts";
import { realClock } from "../../component-base/clock.ts";

/** What a watcher of a namespace's Pods has seen, through as many watches as it took. */
export interface SeenPods {
  /** Every node a Pod was ever on, by the Pod's UID. */
  readonly nodes: ReadonlyMap<string, ReadonlySet<string>>;
  /** Ends the watch. */
  stop(): Promise<void>;
}

export function followPods(client: RestClient, namespace: string): SeenPods {
  const nodes = new Map<string, Set<string>>();
  const stopping = new AbortController();
  const watching = follow(client, namespace, nodes, stopping.signal);
  return {
    nodes,
    stop() {
      stopping.abort();
      return watching;
    },
  };
}

async function follow(
  client: RestClient,
  namespace: string,
  nodes: Map<string, Set<string>>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const { object } of client.watch(kinds.pods, { namespace, signal })) {
        const uid = object.metadata?.uid ?? "";
        const seen = nodes.get(uid) ?? new Set();
        nodes.set(uid, seen);
        if (object.spec?.nodeName) seen.add(object.spec.nodeName);
      }
    } catch {
      await realClock.sleep(50, { signal }).catch(() => undefined); // the server is away
    }
  }
}
