import type { DefragAnswer } from "../../apiserver/etcd-admin/answers.ts";
import { humanBytes } from "../snapshot/human-bytes.ts";
import { textTable } from "../text-table.ts";
import { withGateway } from "./gateway.ts";
import { type Output, print } from "./output.ts";

/** `gatehouse etcd defrag [--member NAME]` */
export async function defrag(options: {
  readonly kubeconfig: string;
  readonly member: string | undefined;
  readonly output: Output;
}): Promise<number> {
  const { member } = options;
  const path = member === undefined ? "defrag" : `defrag?member=${encodeURIComponent(member)}`;
  const answer = await withGateway(options.kubeconfig, (gateway) => gateway.ask<DefragAnswer>("POST", path), {
    callTimeoutMs: 0,
  });
  print(answer, options.output, ({ members }) =>
    textTable(
      ["NAME", "ID", "SIZE BEFORE", "SIZE AFTER", "TOOK"],
      members.map(({ name, id, sizeBefore, sizeAfter, durationMs }) => [
        name,
        id,
        humanBytes(sizeBefore),
        humanBytes(sizeAfter),
        `${durationMs} ms`,
      ]),
    ),
  );
  return 0;
}
