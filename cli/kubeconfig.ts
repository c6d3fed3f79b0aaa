import { readIfExists } from "../component-base/secret-file.ts";
import type { DataDir } from "./data-dir.ts";
import { noPlane } from "./plane-file.ts";

/** `gatehouse kubeconfig` */
export function printKubeconfig(folder: DataDir, options: { readonly show: "path" | "content" }): number {
  const content = readIfExists(folder.kubeconfig);
  if (content === undefined) throw noPlane(folder);
  console.log(options.show === "path" ? folder.kubeconfig : content.trimEnd());
  return 0;
}
