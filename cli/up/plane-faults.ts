import { kill } from "node:process";
import { errorCode } from "../../component-base/secret-file.ts";
import type { ClusterLinks } from "../../etcd/links.ts";
import { FaultEngine } from "../fault/fault-engine.ts";
import type { LivePlane } from "./live-plane.ts";

/** @param links - absent while the plane runs without `--faults` */
export function planeFaults(
  plane: Pick<LivePlane, "config" | "runsEtcd" | "etcd" | "gateways" | "process">,
  links: () => ClusterLinks | undefined,
): FaultEngine {
  const members = () => (plane.runsEtcd ? plane.etcd.members() : []);
  // A member is known by the name of its process, which for the only member of old data is not its own.
  const memberOf = (process: string) => members().find((member) => member.process.name === process)?.plan.name;
  return new FaultEngine({
    topology() {
      const names = members().map(({ process }) => process.name);
      const gateways = plane.gateways().map(({ process: { name } }, index) => {
        const stackedOn = plane.config.etcdTopology === "stacked" ? names[index % names.length] : undefined;
        return { name, ...(stackedOn !== undefined && { stackedOn }) };
      });
      return { members: names, gateways };
    },
    process: (name) => plane.process(name),
    signal(pid, signal) {
      try {
        kill(pid, signal);
      } catch (error) {
        // It has just ended by itself.
        if (errorCode(error) !== "ESRCH") throw error;
      }
    },
    ...(plane.config.faults && {
      setLink: (from, to, fault) => links()?.setFault(memberOf(from) ?? from, memberOf(to) ?? to, fault),
    }),
  });
}
