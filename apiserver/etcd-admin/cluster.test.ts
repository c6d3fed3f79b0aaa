import { describe, expect, test } from "vitest";
import type { EtcdAdmin, EtcdMember, EtcdStatus } from "../storage/etcd3/admin.ts";
import type { CallOptions } from "../storage/etcd3/transport.ts";
import { StorageError } from "../storage/storage.ts";
import { EtcdCluster, findMember } from "./cluster.ts";
import { statusAnswer } from "./status.ts";

const { signal } = new AbortController();

function member(id: number, more: Partial<EtcdMember> = {}): EtcdMember {
  const url = `https://10.0.0.${id}:2379`;
  return { id: BigInt(id), name: `etcd-${id}`, peerUrls: [], clientUrls: [url], isLearner: false, ...more };
}

function state(id: number, more: Partial<EtcdStatus> = {}): EtcdStatus {
  return {
    version: "3.4.23",
    memberId: BigInt(id),
    leader: 1n,
    dbSizeBytes: 100n,
    dbSizeInUseBytes: 50n,
    revision: 20n,
    raftTerm: 3n,
    raftIndex: 30n,
    raftAppliedIndex: 30n,
    errors: [],
    isLearner: false,
    ...more,
  };
}

/** Who answers at which URL; the list of members is told by all who answer, where `leaderless` only if no leader is needed. */
function network(servers: Record<string, EtcdStatus>, list: readonly EtcdMember[]) {
  const asked: string[] = [];
  const unreachable = () =>
    Promise.reject(
      new StorageError(
        "Unavailable",
        "",
        "No connection established. Last error: Error: connect ECONNREFUSED 10.0.0.9:2379. Resolution note: ",
      ),
    );
  const at = (endpoint: string) => {
    const answer = servers[endpoint];
    const admin: Pick<EtcdAdmin, "status" | "members"> = {
      status: () => {
        asked.push(endpoint);
        return answer === undefined ? unreachable() : Promise.resolve(answer);
      },
      members: ({ requireLeader = true }: CallOptions) =>
        answer === undefined || (requireLeader && answer.leader === 0n) ? unreachable() : Promise.resolve(list),
    };
    return admin as EtcdAdmin;
  };
  return { at, asked, servers };
}

const three = [member(2), member(10), member(1)];
const all = {
  "https://10.0.0.1:2379": state(1),
  "https://10.0.0.2:2379": state(2, { raftIndex: 28n }),
  "https://10.0.0.10:2379": state(10),
};

function clusterOf(
  net: ReturnType<typeof network>,
  options: { servers?: readonly string[]; memberServers?: Record<string, string> } = {},
) {
  const { servers = ["https://10.0.0.1:2379/"], memberServers = {} } = options;
  return new EtcdCluster({ at: net.at, servers, memberServers: new Map(Object.entries(memberServers)) });
}

describe("where a member is asked", () => {
  test("at what it advertises, be it a server of the gateway's or not", async () => {
    const net = network(all, three);
    const { members } = await clusterOf(net).survey(signal);
    expect(members.map(({ member, endpoint, status }) => [member.name, endpoint, status?.memberId])).toEqual([
      ["etcd-1", "https://10.0.0.1:2379", 1n],
      ["etcd-2", "https://10.0.0.2:2379", 2n],
      ["etcd-10", "https://10.0.0.10:2379", 10n],
    ]);
    expect(net.asked.filter((endpoint) => endpoint === "https://10.0.0.1:2379")).toHaveLength(3);
  });

  test("where the flag says, and nowhere else", async () => {
    const relays = {
      "http://127.0.0.1:1": state(1),
      "http://127.0.0.1:2": state(2),
      "https://10.0.0.10:2379": state(10),
    };
    const memberServers = {
      "etcd-1": "http://127.0.0.1:1",
      "etcd-2": "http://127.0.0.1:2",
      "etcd-10": "http://127.0.0.1:9",
    };
    const { members } = await clusterOf(network(relays, three), { memberServers }).survey(signal);
    expect(members.map(({ status }) => status?.memberId)).toEqual([1n, 2n, undefined]);
    expect(members[2]?.problem).toBe("connect ECONNREFUSED 10.0.0.9:2379");
  });

  test("a balancer that leads to one of them is none of the others", async () => {
    const net = network({ "https://balancer:2379": state(2) }, three);
    const { members } = await clusterOf(net, { servers: ["https://balancer:2379"] }).survey(signal);
    expect(members.map(({ status }) => status?.memberId)).toEqual([undefined, 2n, undefined]);
    expect(members[1]?.endpoint).toBe("https://balancer:2379");
  });

  test("a member that never started is asked nowhere", async () => {
    const net = network(all, [...three, member(4, { name: "", clientUrls: [], isLearner: true })]);
    const survey = await clusterOf(net).survey(signal);
    expect(survey.members.at(-1)).toMatchObject({ endpoint: "", problem: "it has not started yet" });
    expect(findMember(survey, "4").member.id).toBe(4n);
  });
});

describe("who the members are", () => {
  test("one without a leader tells it when no other does", async () => {
    const net = network({ "https://10.0.0.1:2379": state(1, { leader: 0n }) }, three);
    const { members, membersFrom, leader } = await clusterOf(net).survey(signal);
    expect([members.length, membersFrom, leader]).toEqual([3, "etcd", undefined]);
  });

  test("the last list is remembered, and its members are asked for the next", async () => {
    const net = network({ ...all }, three);
    const cluster = clusterOf(net);
    await cluster.survey(signal);
    delete net.servers["https://10.0.0.1:2379"];
    expect((await cluster.members(signal)).membersFrom).toBe("etcd");
    delete net.servers["https://10.0.0.2:2379"];
    delete net.servers["https://10.0.0.10:2379"];
    const remembered = await cluster.members(signal);
    expect(remembered.members.map(({ name }) => name)).toEqual(["etcd-1", "etcd-2", "etcd-10"]);
    expect(remembered.membersFrom).toBe("memory");
  });

  test.each([
    {
      name: "names, if they have any",
      memberServers: { a: "http://127.0.0.1:1", b: "http://127.0.0.1:2" },
      names: "a b",
    },
    { name: "URLs otherwise", memberServers: {}, names: "" },
  ])("of an etcd that has never answered there are only the flags: $name", async ({ memberServers, names }) => {
    const { members, membersFrom } = await clusterOf(network({}, []), { memberServers }).survey(signal);
    expect(membersFrom).toBe("flags");
    expect(members.map(({ member }) => member.name).join(" ")).toBe(names);
  });

  test("whoever gives the request up is told so", async () => {
    const survey = clusterOf(network({}, [])).survey(AbortSignal.abort(new Error("gone")));
    await expect(survey).rejects.toThrow("gone");
  });
});

describe("how the cluster is", () => {
  const answer = async (servers: Record<string, EtcdStatus>, list = three) =>
    statusAnswer(await clusterOf(network(servers, list)).survey(signal));

  test("all are well", async () => {
    const { members, cluster } = await answer(all);
    expect(members.map(({ lag }) => lag)).toEqual([0, 2, 0]);
    expect(members.map(({ isLeader }) => isLeader)).toEqual([true, false, false]);
    expect(cluster).toMatchObject({ leader: "etcd-1", quorum: 2, votersReachable: 3, mayStillLose: 1 });
  });

  test("members on the other side of a partition are reachable and do not count", async () => {
    const minority = { leader: 0n, raftTerm: 9n, errors: ["etcdserver: no leader"] };
    const { cluster } = await answer({ ...all, "https://10.0.0.10:2379": state(10, minority) });
    expect(cluster).toMatchObject({ leader: "etcd-1", raftTerm: 3, votersReachable: 3, mayStillLose: 0 });
  });

  test("of two who are called leader the newer term's is", async () => {
    const { cluster, members } = await answer({
      "https://10.0.0.1:2379": state(1),
      "https://10.0.0.2:2379": state(2, { leader: 2n, raftTerm: 4n }),
      "https://10.0.0.10:2379": state(10, { leader: 2n, raftTerm: 4n }),
    });
    expect(cluster).toMatchObject({ leader: "etcd-2", mayStillLose: 0 });
    expect(members.map(({ isLeader }) => isLeader)).toEqual([false, true, false]);
  });

  test("a learner has no vote", async () => {
    const list = [...three, member(4, { isLearner: true })];
    const { cluster } = await answer({ ...all, "https://10.0.0.4:2379": state(4, { isLearner: true }) }, list);
    expect(cluster).toMatchObject({ voters: 3, quorum: 2, votersReachable: 3, mayStillLose: 1 });
  });

  test("alarms stand with the member that raised them, whoever tells", async () => {
    const errors = ["memberID:2 alarm:NOSPACE ", "memberID:99 alarm:CORRUPT ", "something else"];
    const { cluster, members } = await answer({
      "https://10.0.0.1:2379": state(1, { errors }),
      "https://10.0.0.2:2379": state(2, { errors }),
    });
    expect(cluster.alarms).toEqual([
      { member: "etcd-2", id: "2", alarm: "NOSPACE" },
      { member: "", id: "63", alarm: "CORRUPT" },
    ]);
    expect(members.map(({ alarms, errors }) => [alarms, errors])).toEqual([
      [[], ["something else"]],
      [["NOSPACE"], ["something else"]],
      [undefined, ["connect ECONNREFUSED 10.0.0.9:2379"]],
    ]);
  });
});
