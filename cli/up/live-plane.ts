import type { ProcessTable } from "../../component-base/process-table.ts";
import type { DataDir } from "../data-dir.ts";
import type { FaultEngine } from "../fault/fault-engine.ts";
import type { ComponentRow, Plane } from "./components.ts";
import type { EtcdCluster } from "./etcd-cluster.ts";
import type { Supervised } from "./supervise.ts";
import type { UpConfig } from "./up-flags.ts";

/** A component that `up` runs: an API server, a scheduler, …. */
export interface Loop {
  readonly row: ComponentRow;
  readonly process: Supervised;
  readonly logPath: string;
  commandLine(): readonly string[];
}

/** A running control plane, as operations see it. */
export interface LivePlane {
  readonly config: UpConfig;
  readonly folder: DataDir;
  /** @throws UserError while it is starting */
  readonly plane: Plane;
  /** Whether etcd is ours, not the user's own. */
  readonly runsEtcd: boolean;
  /** @throws UserError when etcd is the user's own */
  readonly etcd: EtcdCluster;
  /** What is wrong with the plane on purpose. */
  readonly faults: FaultEngine;
  gateways(): readonly Loop[];
  /** Scheduler, controllers, kubelets. */
  loops(): readonly Loop[];
  processes(): ProcessTable;
  /** @throws UserError that names the processes there are */
  process(name: string): Supervised;
  /**
   * Tells the gateways which members there are now: one after the other is started again, so that with several one always
   * serves. Those that are held down stay so and know it when they come back.
   */
  repoint(options: { readonly signal: AbortSignal }): Promise<void>;
}
