import { expect, test } from "vitest";
import type { ClusterAnswer, HashAnswer } from "../../apiserver/etcd-admin/answers.ts";
import { hashText } from "./hash.ts";
import { quorumSentence } from "./quorum-sentence.ts";
import { statusText } from "./status.ts";

const cluster: ClusterAnswer = {
  leader: "etcd-1",
  raftTerm: 4,
  revision: "120",
  voters: 3,
  quorum: 2,
  votersReachable: 3,
  mayStillLose: 1,
  alarms: [],
  membersFrom: "etcd",
};

test.each<{ name: string; of: Partial<ClusterAnswer>; sentence: string }>([
  { name: "three of three", of: {}, sentence: "quorum 2 of 3; 1 member may still be lost" },
  {
    name: "five of five",
    of: { voters: 5, quorum: 3, votersReachable: 5, mayStillLose: 2 },
    sentence: "quorum 3 of 5; 2 members may still be lost",
  },
  {
    name: "two of three",
    of: { votersReachable: 2, mayStillLose: 0 },
    sentence: "quorum 2 of 3; 0 members may still be lost",
  },
  {
    name: "one of three",
    of: { leader: "", votersReachable: 1, mayStillLose: 0 },
    sentence: "quorum 2 of 3, but only 1 answers: nothing can be written",
  },
  {
    name: "two of five",
    of: { leader: "", voters: 5, quorum: 3, votersReachable: 2, mayStillLose: 0 },
    sentence: "quorum 3 of 5, but only 2 answer: nothing can be written",
  },
  {
    name: "none",
    of: { leader: "", votersReachable: 0, mayStillLose: 0 },
    sentence: "quorum 2 of 3, but none answers: nothing can be written",
  },
  {
    name: "an election",
    of: { leader: "", mayStillLose: 0 },
    sentence: "quorum 2 of 3, but no leader at the moment: nothing can be written",
  },
])("the arithmetic in one sentence: $name", ({ of, sentence }) => {
  expect(quorumSentence({ ...cluster, ...of })).toBe(sentence);
});

test("status: members in a table, what is wrong with them, the sentence", () => {
  const up = {
    endpoint: "https://127.0.0.1:1",
    isLearner: false,
    reachable: true,
    version: "3.4.23",
    raftTerm: 4,
    raftIndex: 140,
    raftAppliedIndex: 140,
    lag: 0,
    revision: "120",
    dbSize: 25_000_000,
    dbSizeInUse: 2_100_000,
    errors: [],
  };
  const text = statusText({
    members: [
      { ...up, name: "etcd-1", id: "8e9e05c52164694d", isLeader: true, alarms: ["NOSPACE"] },
      { ...up, name: "etcd-2", id: "a1", isLeader: false, alarms: [], lag: 3, raftIndex: 137 },
      {
        name: "etcd-3",
        id: "a2",
        endpoint: "",
        isLearner: false,
        isLeader: false,
        reachable: false,
        errors: ["connect ECONNREFUSED 127.0.0.1:3"],
      },
      { ...up, name: "etcd-4", id: "a3", isLeader: false, alarms: [], errors: ["etcdserver: no leader"] },
    ],
    cluster: { ...cluster, votersReachable: 2, mayStillLose: 0 },
  });
  expect(text).toBe(
    [
      "NAME     ID                 ROLE          VERSION   TERM   REVISION   RAFT INDEX   LAG   SIZE    IN USE   ALARMS",
      "etcd-1   8e9e05c52164694d   leader        3.4.23    4      120        140          0     25 MB   2.1 MB   NOSPACE",
      "etcd-2   a1                 follower      3.4.23    4      120        137          3     25 MB   2.1 MB   -",
      "etcd-3   a2                 unreachable   -         -      -          -            -     -       -        -",
      "etcd-4   a3                 cut off       3.4.23    4      120        140          0     25 MB   2.1 MB   -",
      "",
      "etcd-3: connect ECONNREFUSED 127.0.0.1:3",
      "etcd-4: etcdserver: no leader",
      "",
      "quorum 2 of 3; 0 members may still be lost",
    ].join("\n"),
  );
});

test.each<{ name: string; of: Pick<HashAnswer, "members" | "agree">; last: string }>([
  {
    name: "agreement",
    of: {
      agree: true,
      members: [
        { name: "a", id: "1", hash: 7, compactRevision: "3" },
        { name: "b", id: "2", hash: 7, compactRevision: "3" },
      ],
    },
    last: "all 2 members agree at revision 9",
  },
  {
    name: "one is away",
    of: {
      agree: true,
      members: [
        { name: "a", id: "1", hash: 7, compactRevision: "3" },
        { name: "b", id: "2", hash: 7, compactRevision: "3" },
        { name: "c", id: "3", error: "away" },
      ],
    },
    last: "2 members agree at revision 9",
  },
  {
    name: "difference",
    of: {
      agree: false,
      members: [
        { name: "a", id: "1", hash: 7, compactRevision: "3" },
        { name: "b", id: "2", hash: 8, compactRevision: "3" },
      ],
    },
    last: "MEMBERS DIFFER at revision 9",
  },
  {
    name: "one alone",
    of: { agree: true, members: [{ name: "a", id: "1", hash: 7, compactRevision: "3" }] },
    last: "nothing to compare at revision 9",
  },
  {
    name: "compaction under way",
    of: {
      agree: true,
      members: [
        { name: "a", id: "1", hash: 7, compactRevision: "3" },
        { name: "b", id: "2", hash: 8, compactRevision: "4" },
      ],
    },
    last: "members that are compacted to the same revision agree at revision 9",
  },
])("hash: $name", ({ of, last }) => {
  expect(
    hashText({ revision: "9", ...of })
      .split("\n")
      .at(-1),
  ).toBe(last);
});
