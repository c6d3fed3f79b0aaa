import { badRequest, failure } from "../../api/status.ts";
import type { MoveLeaderAnswer } from "./answers.ts";
import { findMember, nameOf } from "./cluster.ts";
import { etcdErrors } from "./errors.ts";
import { CLUSTER_MS, type Operation } from "./operation.ts";

/** `POST move-leader?to=NAME`: answers when the member leads. */
export const moveLeader: Operation = async ({ query, signal }, { cluster }) => {
  const to = query.get("to") ?? "";
  if (to === "") throw badRequest("to: is needed: the name of the member that is to lead");
  const { survey } = await cluster.leading(signal);
  const target = findMember(survey, to);
  if (target.member.isLearner) {
    throw failure({ code: 409, reason: "Conflict", message: `${nameOf(target.member)} is a learner: it cannot lead` });
  }
  cluster.reachable(target);
  const { leader } = survey;
  // Followers hand everything else on to the leader, but not this.
  const { admin, member } = cluster.reachable(leader ?? target);
  if (member.id !== target.member.id) {
    await etcdErrors(() => admin.moveLeader(target.member.id, { timeoutMs: CLUSTER_MS, signal }));
  }
  const value: MoveLeaderAnswer = { from: nameOf(member), to: nameOf(target.member) };
  return { code: 200, value };
};
