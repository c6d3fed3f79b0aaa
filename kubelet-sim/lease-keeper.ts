import { leases } from "../api/coordination/v1/lease.ts";
import type { Lease } from "../api/generated/types.ts";
import { StatusError } from "../api/status.ts";
import type { RestClient } from "../client/rest-client.ts";
import { type Clock, microTimestamp } from "../component-base/clock.ts";

const namespace = "kube-node-lease";
const leaseDurationSeconds = 40;
const tries = 5;

/** Renews nodes' Leases from the copy that the last renewal left. @see k8s.io/component-helpers v0.36.0 apimachinery/lease/controller.go */
export class LeaseKeeper {
  readonly #client: Pick<RestClient, "get" | "create" | "update">;
  readonly #clock: Clock;
  readonly #leases = new Map<string, Lease>();

  constructor(deps: { client: Pick<RestClient, "get" | "create" | "update">; clock: Clock }) {
    this.#client = deps.client;
    this.#clock = deps.clock;
  }

  /** Makes the Lease if there is none. @throws what the server said to the last of five tries */
  async renew(nodeName: string, nodeUid: string, options: { signal: AbortSignal }): Promise<void> {
    const key = { namespace, name: nodeName };
    for (let attempt = 1; ; attempt++) {
      const known = this.#leases.get(nodeName);
      try {
        const lease = this.#renewed(known, nodeName, nodeUid);
        const answer =
          known === undefined
            ? await this.#client.create(leases, lease, options)
            : await this.#client.update(leases, lease, options);
        this.#leases.set(nodeName, answer);
        return;
      } catch (error) {
        if (!(error instanceof StatusError) || attempt === tries) throw error;
        if (error.code === 404) this.#leases.delete(nodeName);
        else if (error.code === 409) this.#leases.set(nodeName, await this.#client.get(leases, key, options));
        else throw error;
      }
    }
  }

  forget(nodeName: string): void {
    this.#leases.delete(nodeName);
  }

  #renewed(known: Lease | undefined, nodeName: string, nodeUid: string): Lease {
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        ...known?.metadata,
        name: nodeName,
        namespace,
        ownerReferences: [{ apiVersion: "v1", kind: "Node", name: nodeName, uid: nodeUid }],
      },
      spec: {
        ...known?.spec,
        holderIdentity: nodeName,
        leaseDurationSeconds,
        renewTime: microTimestamp(this.#clock),
      },
    };
  }
}
