import { randomUUID } from "node:crypto";
import { ownContext } from "../bootstrap/context.ts";
import { ClusterIps } from "../registry/allocation/cluster-ips.ts";
import { NodePorts, type PortRange } from "../registry/allocation/node-ports.ts";
import { writeContext } from "../registry/resource.ts";
import { repairClusterIps } from "./repair-cluster-ips.ts";
import type { RepairDeps } from "./repair-deps.ts";
import { RepairEvents, type RepairEventsDeps } from "./repair-events.ts";
import { NodePortRepair } from "./repair-node-ports.ts";

export interface RepairConfig {
  readonly serviceClusterIpRange: string;
  readonly serviceNodePortRange: PortRange;
}

/** As kube-apiserver does. */
const intervalMs = 3 * 60_000;

/**
 * Sets right, at once and every three minutes, what a gateway that was killed between two writes has left behind: addresses
 * and node ports without a Service, Services without theirs. Several gateways may do so side by side.
 */
export function startRepair(
  config: RepairConfig,
  deps: Omit<RepairDeps, "ips" | "ports"> & Omit<RepairEventsDeps, "context">,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const context = (namespace: string) => ownContext(namespace, { signal, requestId: randomUUID() });
  const repairDeps: RepairDeps = {
    ...deps,
    ips: new ClusterIps(config.serviceClusterIpRange, deps),
    ports: new NodePorts(config.serviceNodePortRange, deps),
  };
  const nodePorts = new NodePortRepair(repairDeps);
  const events = (controller: string) => new RepairEvents(controller, { ...deps, context });
  const rows = [
    {
      events: events("ipallocator-repair-controller"),
      round: () => repairClusterIps(repairDeps, writeContext(context(""))),
    },
    {
      events: events("portallocator-repair-controller"),
      round: () => nodePorts.round(writeContext(context(""))),
    },
  ];

  async function run(): Promise<void> {
    while (!signal.aborted) {
      for (const { round, events } of rows) {
        try {
          await events.report(await round());
        } catch (err) {
          if (signal.aborted) return;
          deps.log.warn({ err }, "what Services hold was not looked through; the next round will try again");
        }
      }
      await deps.clock.sleep(intervalMs, { signal }).catch((reason: unknown) => {
        if (!signal.aborted) throw reason;
      });
    }
  }

  const ended = run();
  return {
    stop() {
      stopping.abort();
      return ended;
    },
  };
}
