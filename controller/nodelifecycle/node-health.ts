import type { Lease, Node } from "../../api/generated/types.ts";
import { createdMs, nameOf } from "../../api/meta.ts";
import { nodeCondition } from "./node-conditions.ts";

interface Seen {
  heartbeat: string;
  renewTime: string;
  /** When, by our own clock, one of them was seen to change. */
  probeMs: number;
}

/**
 * When each node was last heard of: a change of its heartbeat or of its Lease, by our own clock. What clocks elsewhere say
 * is only compared with what they said before.
 */
export class NodeHealth {
  readonly #seen = new Map<string, Seen>();

  /** Milliseconds since the node gave a sign of life. Call it whenever the node is looked at. */
  silentMs(node: Node, lease: Lease | undefined, nowMs: number): number {
    const heartbeat = nodeCondition(node, "Ready")?.lastHeartbeatTime ?? "";
    const renewTime = lease?.spec?.renewTime ?? "";
    const seen = this.#seen.get(nameOf(node));
    if (seen === undefined) {
      // A node that has never reported counts from its creation.
      const probeMs = heartbeat === "" ? createdMs(node) : nowMs;
      this.#seen.set(nameOf(node), { heartbeat, renewTime, probeMs });
      return nowMs - probeMs;
    }
    if (seen.heartbeat !== heartbeat || seen.renewTime < renewTime) {
      Object.assign(seen, { heartbeat, renewTime, probeMs: nowMs });
    }
    return nowMs - seen.probeMs;
  }

  forget(name: string): void {
    this.#seen.delete(name);
  }

  /** Gives every node a fresh grace period. */
  resetAll(nowMs: number): void {
    for (const seen of this.#seen.values()) seen.probeMs = nowMs;
  }
}
