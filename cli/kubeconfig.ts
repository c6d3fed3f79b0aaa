import { readIfExists } from "../component-base/secret-file.ts";
import type { DataDir } from "./data-dir.ts";
import { UserError } from "./user-error.ts";

/** `gatehouse kubeconfig` */
export function printKubeconfig(folder: DataDir, options: { readonly show: "path" | "content" }): number {
  const content = readIfExists(folder.kubeconfig);
  if (content === undefined) {
    throw new UserError(
      `${folder.root} holds no control plane: start one with \`npm start\`, or name another with --data-dir`,
    );
  }
  console.log(options.show === "path" ? folder.kubeconfig : content.trimEnd());
  return 0;
}
