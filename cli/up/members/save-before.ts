import { join } from "node:path";
import { makePrivateFolder } from "../../../component-base/secret-file.ts";
import { withGateway } from "../../etcd/gateway.ts";
import { saveSnapshot } from "../../snapshot/save-snapshot.ts";
import type { MemberChange } from "./member-steps.ts";

/**
 * Takes a snapshot before something that cannot be taken back.
 * @param why - part of the file's name
 * @returns the file
 */
export async function saveBefore(why: string, { plane, clock, signal }: MemberChange): Promise<string> {
  const { folder } = plane;
  makePrivateFolder(folder.snapshots);
  const time = new Date(clock.now()).toISOString().replace(/[:.]/g, "-");
  const file = join(folder.snapshots, `before-${why}-${time}.db`);
  await withGateway(folder.kubeconfig, (gateway) => saveSnapshot(gateway, { file, signal }, { clock }), {
    callTimeoutMs: 0,
  });
  return file;
}
