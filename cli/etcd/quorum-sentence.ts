import type { ClusterAnswer } from "../../apiserver/etcd-admin/answers.ts";

/** `quorum 2 of 3; 1 member may still be lost` */
export function quorumSentence(cluster: ClusterAnswer): string {
  const { leader, voters, quorum, votersReachable: answering, mayStillLose } = cluster;
  return `quorum ${quorum} of ${voters}${prospect()}`;

  function prospect(): string {
    if (leader === "" && answering >= quorum) return ", but no leader at the moment: nothing can be written";
    if (leader === "" && answering === 0) return ", but none answers: nothing can be written";
    if (leader === "") return `, but only ${answering} answer${answering === 1 ? "s" : ""}: nothing can be written`;
    return `; ${mayStillLose} member${mayStillLose === 1 ? "" : "s"} may still be lost`;
  }
}
