import { badRequest } from "../../api/status.ts";
import type { AlarmAnswer, AlarmsAnswer, DisarmedAnswer } from "./answers.ts";
import { findMember, idText, type Survey } from "./cluster.ts";
import { etcdErrors } from "./errors.ts";
import { CLUSTER_MS, type Operation } from "./operation.ts";
import { alarmsOf } from "./status.ts";

/** `GET alarms` */
export const listAlarms: Operation = async ({ signal }, { cluster }) => {
  const alarms = alarmsOf(await cluster.survey(signal));
  return { code: 200, value: { alarms } satisfies AlarmsAnswer };
};

/** `DELETE alarms[?member=NAME][&alarm=NOSPACE|CORRUPT]`: etcd raises an alarm again if its cause is still there. */
export const disarm: Operation = async ({ query, signal }, { cluster }) => {
  const kind = query.get("alarm");
  if (kind !== null && kind !== "NOSPACE" && kind !== "CORRUPT") {
    throw badRequest(`alarm: ${JSON.stringify(kind)} is neither NOSPACE nor CORRUPT`);
  }
  const { admin, survey } = await cluster.leading(signal);
  const name = query.get("member");
  const only = name === null ? undefined : findMember(survey, name).member.id;
  const call = { timeoutMs: CLUSTER_MS, signal };
  const disarmed: AlarmAnswer[] = [];
  for (const alarm of await etcdErrors(() => admin.alarms(call))) {
    if ((only ?? alarm.memberId) !== alarm.memberId || (kind ?? alarm.alarm) !== alarm.alarm) continue;
    await etcdErrors(() => admin.disarm(alarm, call));
    disarmed.push({ member: memberName(survey, alarm.memberId), id: idText(alarm.memberId), alarm: alarm.alarm });
  }
  return { code: 200, value: { disarmed } satisfies DisarmedAnswer };
};

function memberName({ members }: Survey, id: bigint): string {
  return members.find(({ member }) => member.id === id)?.member.name ?? "";
}
