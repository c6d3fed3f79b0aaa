import { realClock } from "../../component-base/clock.ts";
import { allowManyListeners } from "../../component-base/many-listeners.ts";
import { findDataDir } from "../data-dir.ts";
import { UsageError } from "../user-error.ts";
import { readyBanner } from "./banner.ts";
import { killOwnProcessAfter } from "./last-resort.ts";
import { Launcher } from "./launcher.ts";
import { lockFolder, unlockFolder } from "./pid-file.ts";
import { makeFolders } from "./plane.ts";
import { aborted, stopRequest } from "./stop-request.ts";
import { contradictions, type UpConfig } from "./up-flags.ts";

/** From the wish to stop to the last resort; an orderly stop that has to kill takes 4 s. */
const stopSeconds = 4.5;

/**
 * `gatehouse up`: runs a control plane until it is told to stop, and keeps its data.
 * @returns the exit code
 */
export async function up(config: UpConfig): Promise<number> {
  const problems = contradictions(config);
  if (problems.length > 0) throw new UsageError(problems.join("\ngatehouse: "));
  allowManyListeners();
  const signal = stopRequest();
  const folder = findDataDir(config.dataDir, process.env);
  makeFolders(folder);
  lockFolder(folder.run);
  const launcher = new Launcher(config, folder, {
    clock: realClock,
    say: (line) => console.error(`gatehouse: ${line}`),
  });
  try {
    const server = await Promise.race([launcher.start({ signal }), aborted(signal)]);
    if (server !== undefined) {
      const counts = {
        gateways: config.apiservers,
        ...(launcher.runsEtcd && { members: launcher.etcd.plan().length }),
      };
      console.log(readyBanner({ elapsedMs: realClock.monotonicMs(), server, folder, ...counts }));
    }
    await aborted(signal);
  } catch (error) {
    // Being told to stop while starting is no failure.
    if (!signal.aborted) throw error;
  } finally {
    killOwnProcessAfter(stopSeconds);
    if (signal.aborted) console.error("gatehouse: stopping");
    await launcher.stop();
    unlockFolder(folder.run);
  }
  return 0;
}
