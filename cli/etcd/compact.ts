import type { CompactAnswer } from "../../apiserver/etcd-admin/answers.ts";
import { withGateway } from "./gateway.ts";
import { type Output, print } from "./output.ts";

/** `gatehouse etcd compact [--revision N]` */
export async function compact(options: {
  readonly kubeconfig: string;
  readonly revision: string | undefined;
  readonly output: Output;
}): Promise<number> {
  const { revision } = options;
  const path = revision === undefined ? "compact" : `compact?revision=${encodeURIComponent(revision)}`;
  const answer = await withGateway(options.kubeconfig, (gateway) => gateway.ask<CompactAnswer>("POST", path));
  print(
    answer,
    options.output,
    ({ revision, currentRevision }) =>
      `history before revision ${revision} is gone; etcd is at revision ${currentRevision}`,
  );
  return 0;
}
