import { duplicate, type FieldError, invalidValue, required } from "../../api/field-errors.ts";
import { isObject } from "../../api/json.ts";
import { badRequest, invalid } from "../../api/status.ts";
import type { EtcdMember } from "../storage/etcd3/admin.ts";
import type { AddedMemberAnswer, MemberAnswer, MembersAnswer } from "./answers.ts";
import { findMember, idText } from "./cluster.ts";
import { etcdErrors } from "./errors.ts";
import { CLUSTER_MS, type Operation } from "./operation.ts";

/** `GET members` */
export const listMembers: Operation = async ({ signal }, { cluster }) => {
  const { members, membersFrom } = await cluster.members(signal);
  return { code: 200, value: { members: members.map(memberAnswer), membersFrom } satisfies MembersAnswer };
};

/** `POST members`: `{"peerURLs":["https://…"],"isLearner":true}`. The new member is started afterwards. */
export const addMember: Operation = async ({ body, signal }, { cluster }) => {
  const { peerUrls, learner } = parseMember(await body(), { mayLearn: true });
  const { admin } = await cluster.leading(signal);
  const member = await etcdErrors(() => admin.addMember(peerUrls, { learner, timeoutMs: CLUSTER_MS, signal }));
  const { members } = await cluster.members(signal);
  const value: AddedMemberAnswer = { member: memberAnswer(member), members: members.map(memberAnswer) };
  return { code: 201, value };
};

/** `PUT members/{id}`: `{"peerURLs":["https://…"]}`. */
export const updateMember: Operation = async ({ id, body, signal }, { cluster }) => {
  const { peerUrls } = parseMember(await body(), { mayLearn: false });
  const { admin, survey } = await cluster.leading(signal);
  const { member } = findMember(survey, id);
  const members = await etcdErrors(() => admin.updateMember(member.id, peerUrls, { timeoutMs: CLUSTER_MS, signal }));
  return changed(members);
};

/** `DELETE members/{id}`. Its process ends by itself. */
export const removeMember: Operation = async ({ id, signal }, { cluster }) => {
  const { admin, survey } = await cluster.leading(signal);
  const { member } = findMember(survey, id);
  const members = await etcdErrors(() => admin.removeMember(member.id, { timeoutMs: CLUSTER_MS, signal }));
  cluster.remember(members);
  return changed(members);
};

/** `POST members/{id}/promote`: gives a learner a vote. */
export const promoteMember: Operation = async ({ id, signal }, { cluster }) => {
  const { admin, survey } = await cluster.leading(signal);
  const { member } = findMember(survey, id);
  const members = await etcdErrors(() => admin.promoteMember(member.id, { timeoutMs: CLUSTER_MS, signal }));
  cluster.remember(members);
  return changed(members);
};

function changed(members: readonly EtcdMember[]) {
  const value: MembersAnswer = { members: members.map(memberAnswer), membersFrom: "etcd" };
  return { code: 200, value } as const;
}

function memberAnswer({ id, name, peerUrls, clientUrls, isLearner }: EtcdMember): MemberAnswer {
  return { id: idText(id), name, peerURLs: peerUrls, clientURLs: clientUrls, isLearner };
}

const wanted = { group: "", kind: "EtcdMember" };

/** @throws StatusError 400, 422 */
function parseMember(body: unknown, { mayLearn }: { mayLearn: boolean }): { peerUrls: string[]; learner: boolean } {
  if (!isObject(body)) throw badRequest('the body must be JSON like {"peerURLs":["https://10.0.0.4:2380"]}');
  const errors: FieldError[] = [];
  const peerUrls = parsePeerUrls(body["peerURLs"], errors);
  const { isLearner = false } = body;
  if (typeof isLearner !== "boolean") errors.push(invalidValue("isLearner", isLearner, "must be true or false"));
  const known = mayLearn ? ["peerURLs", "isLearner"] : ["peerURLs"];
  for (const [field, value] of Object.entries(body)) {
    if (!known.includes(field)) errors.push(invalidValue(field, value, "there is no such field"));
  }
  if (errors.length > 0) throw invalid(wanted, "", errors);
  return { peerUrls, learner: isLearner === true };
}

function parsePeerUrls(value: unknown, errors: FieldError[]): string[] {
  if (!Array.isArray(value) || value.length === 0) {
    errors.push(required("peerURLs", "one URL at least"));
    return [];
  }
  const peerUrls: string[] = [];
  for (const [index, url] of value.entries()) {
    const field = `peerURLs[${index}]`;
    if (typeof url !== "string" || !isPeerUrl(url)) {
      errors.push(invalidValue(field, url, "must be a URL like https://10.0.0.4:2380"));
    } else if (peerUrls.includes(url)) errors.push(duplicate(field, url));
    else peerUrls.push(url);
  }
  return peerUrls;
}

/** @see https://github.com/etcd-io/etcd/blob/v3.4.23/pkg/types/urls.go */
function isPeerUrl(text: string): boolean {
  return /^https?:\/\/[^/?#@\s]+:\d{1,5}$/.test(text) && URL.canParse(text);
}
