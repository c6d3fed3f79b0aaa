import type { AlarmAnswer, AlarmsAnswer, DisarmedAnswer } from "../../apiserver/etcd-admin/answers.ts";
import { textTable } from "../text-table.ts";
import { UsageError } from "../user-error.ts";
import { withGateway } from "./gateway.ts";
import { type Output, print } from "./output.ts";

/** `gatehouse etcd alarm list|disarm` */
export async function alarm(options: {
  readonly kubeconfig: string;
  readonly args: readonly string[];
  readonly output: Output;
}): Promise<number> {
  const { kubeconfig, output } = options;
  switch (options.args.join(" ")) {
    case "list":
      print(
        await withGateway(kubeconfig, (gateway) => gateway.ask<AlarmsAnswer>("GET", "alarms")),
        output,
        ({ alarms }) => (alarms.length === 0 ? "no alarms" : table(alarms)),
      );
      return 0;
    case "disarm":
      print(
        await withGateway(kubeconfig, (gateway) => gateway.ask<DisarmedAnswer>("DELETE", "alarms")),
        output,
        ({ disarmed }) => (disarmed.length === 0 ? "no alarms" : `disarmed:\n${table(disarmed)}`),
      );
      return 0;
    default:
      throw new UsageError("etcd alarm takes one word, list or disarm");
  }
}

function table(alarms: readonly AlarmAnswer[]): string {
  return textTable(
    ["MEMBER", "ID", "ALARM"],
    alarms.map(({ member, id, alarm }) => [member || "-", id, alarm]),
  );
}
