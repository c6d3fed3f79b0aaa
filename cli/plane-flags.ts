import { existsSync } from "node:fs";
import { type ConfigOf, optionalFlag } from "../component-base/flags.ts";
import { findDataDir, findKubeconfig } from "./data-dir.ts";
import { noPlane } from "./plane-file.ts";

/** Of commands that need a plane's files. */
export const dataDirFlag = {
  dataDir: optionalFlag({
    name: "data-dir",
    placeholder: "folder",
    help: "the control plane that is meant (default $GATEHOUSE_DATA_DIR, else .gatehouse)",
  }),
};
/** Of commands that are requests to the gateway. */
export const planeFlags = {
  ...dataDirFlag,
  kubeconfig: optionalFlag({
    name: "kubeconfig",
    placeholder: "file",
    help: "credentials (default $KUBECONFIG, else those of the data directory)",
  }),
};

/**
 * The kubeconfig that a command uses.
 * @throws UserError when it would be that of a data directory where nothing has ever run
 */
export function credentials(config: ConfigOf<typeof planeFlags>): string {
  const folder = findDataDir(config.dataDir, process.env);
  const kubeconfig = findKubeconfig(config.kubeconfig, process.env, folder);
  if (kubeconfig === folder.kubeconfig && !existsSync(kubeconfig)) throw noPlane(folder);
  return kubeconfig;
}
