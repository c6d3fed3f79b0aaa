/** What `/gatehouse/v1/etcd/…` answers, as JSON. IDs are hexadecimal as etcdctl prints them, revisions decimal strings. */

/** A member as the cluster knows it. */
export interface MemberAnswer {
  readonly id: string;
  /** Empty until the member has started for the first time. */
  readonly name: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs: readonly string[];
  readonly isLearner: boolean;
}

/**
 * Whose list of members it is: etcd's, the one that this gateway saw last because no member tells any, or, if it never saw
 * one, that of its flags.
 */
export type MembersFrom = "etcd" | "memory" | "flags";

export interface MembersAnswer {
  readonly members: readonly MemberAnswer[];
  readonly membersFrom: MembersFrom;
}

export interface AddedMemberAnswer {
  readonly member: MemberAnswer;
  readonly members: readonly MemberAnswer[];
}

export type AlarmName = "NOSPACE" | "CORRUPT";

export interface AlarmAnswer {
  /** Name of the member that raised it; empty if no member has its ID. */
  readonly member: string;
  readonly id: string;
  readonly alarm: AlarmName;
}

export interface AlarmsAnswer {
  readonly alarms: readonly AlarmAnswer[];
}

export interface DisarmedAnswer {
  readonly disarmed: readonly AlarmAnswer[];
}

export interface MemberStatusAnswer {
  readonly name: string;
  readonly id: string;
  /** Where it was asked; empty when nobody knows where. */
  readonly endpoint: string;
  readonly isLearner: boolean;
  readonly isLeader: boolean;
  /** It answered within two seconds. All that follows, but `errors`, is there only then. */
  readonly reachable: boolean;
  readonly version?: string;
  readonly raftTerm?: number;
  readonly raftIndex?: number;
  readonly raftAppliedIndex?: number;
  /** How many entries of the raft log it is behind the leader. */
  readonly lag?: number;
  readonly revision?: string;
  /** Bytes. */
  readonly dbSize?: number;
  readonly dbSizeInUse?: number;
  readonly alarms?: readonly AlarmName[];
  /** What it complains of itself, or why it could not be asked. */
  readonly errors: readonly string[];
}

export interface ClusterAnswer {
  /** Name of the leader; empty without one. */
  readonly leader: string;
  readonly raftTerm: number;
  readonly revision: string;
  readonly voters: number;
  readonly quorum: number;
  readonly votersReachable: number;
  /** Voters that may be lost before writes are refused; 0 also without a leader. */
  readonly mayStillLose: number;
  readonly alarms: readonly AlarmAnswer[];
  readonly membersFrom: MembersFrom;
}

export interface EtcdStatusAnswer {
  readonly members: readonly MemberStatusAnswer[];
  readonly cluster: ClusterAnswer;
}

export interface DefragAnswer {
  /** In the order in which it was done. */
  readonly members: readonly {
    readonly name: string;
    readonly id: string;
    /** Bytes. */
    readonly sizeBefore: number;
    readonly sizeAfter: number;
    readonly durationMs: number;
  }[];
}

export interface CompactAnswer {
  /** History before this is gone. */
  readonly revision: string;
  readonly currentRevision: string;
}

export interface HashAnswer {
  /** The revision that all were asked about. */
  readonly revision: string;
  readonly members: readonly {
    readonly name: string;
    readonly id: string;
    /** Absent when the member could not be asked: see `error`. */
    readonly hash?: number;
    readonly compactRevision?: string;
    readonly error?: string;
  }[];
  /** No two differ of those that could be asked and are compacted to the same revision. */
  readonly agree: boolean;
}

export interface MoveLeaderAnswer {
  readonly from: string;
  readonly to: string;
}

/** One line of `/gatehouse/v1/etcd/known`. */
export interface KnownObject {
  readonly storageKey: string;
  readonly revision: string;
  /** SHA-256, hexadecimal, of the value in etcd as this project writes it. */
  readonly hash: string;
}
