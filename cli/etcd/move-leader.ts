import type { MoveLeaderAnswer } from "../../apiserver/etcd-admin/answers.ts";
import { withGateway } from "./gateway.ts";
import { oneMember } from "./members.ts";
import { type Output, print } from "./output.ts";

/** `gatehouse etcd move-leader NAME` */
export async function moveLeader(options: {
  readonly kubeconfig: string;
  readonly args: readonly string[];
  readonly output: Output;
}): Promise<number> {
  const path = `move-leader?to=${encodeURIComponent(oneMember(options.args, "etcd move-leader"))}`;
  const answer = await withGateway(options.kubeconfig, (gateway) => gateway.ask<MoveLeaderAnswer>("POST", path));
  print(answer, options.output, ({ from, to }) =>
    from === to ? `${to} leads already` : `${to} leads now, not ${from}`,
  );
  return 0;
}
