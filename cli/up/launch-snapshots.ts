import type { Clock } from "../../component-base/clock.ts";
import type { DataDir } from "../data-dir.ts";
import { type Part, simplePart } from "./part.ts";
import { runPeriodicSnapshots, savesThroughGateway } from "./periodic-snapshots.ts";
import type { UpConfig } from "./up-flags.ts";

/** Snapshots every now and then, as a part of the plane. */
export function periodicSnapshots(
  config: UpConfig,
  folder: DataDir,
  deps: { readonly clock: Clock; readonly say: (line: string) => void },
): Part {
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  return simplePart("snapshots", {
    start() {
      const settings = { folder: folder.snapshots, everyMs: config.snapshotEvery, keep: config.snapshotKeep };
      const save = savesThroughGateway(folder.kubeconfig, deps.clock);
      running = runPeriodicSnapshots(settings, { ...deps, save }, { signal: stopping.signal });
    },
    stop() {
      stopping.abort(new Error("stopping"));
      return running;
    },
  });
}
