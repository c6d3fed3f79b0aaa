import type { Clock } from "../../component-base/clock.ts";
import type { EtcdConfig } from "../../etcd/config.ts";
import { startEtcd } from "../../etcd/start.ts";
import type { DataDir } from "../data-dir.ts";
import { removePidFile, writePidFile } from "./pid-file.ts";
import type { Prepared } from "./supervise.ts";

/** The bundled etcd as something to supervise; it comes back on the same ports. */
export function prepareEtcd(
  config: EtcdConfig,
  folder: DataDir,
  deps: { readonly clock: Clock },
  options: { readonly signal: AbortSignal },
): Prepared {
  return {
    // What starts is ended by the signal.
    discard: () => Promise.resolve(),
    async start() {
      const etcd = await startEtcd(config, { ...deps, environment: process.env }, options);
      for (const member of etcd.members) writePidFile(folder.run, `etcd-${member.name}`, member.pid);
      return {
        done: etcd.done,
        async stop() {
          await etcd.stop();
          for (const member of etcd.members) removePidFile(folder.run, `etcd-${member.name}`);
          if (etcd.members.some((member) => member.killed)) throw new Error("did not stop in time, so it was killed");
        },
      };
    },
  };
}
