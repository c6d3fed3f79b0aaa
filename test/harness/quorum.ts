import { MemberAdmins } from "../../apiserver/storage/etcd3/member-admins.ts";
import { realClock } from "../../component-base/clock.ts";
import type { TestEtcd } from "./etcd.ts";
import { eventually } from "./eventually.ts";
import { tlsOf } from "./storage.ts";

/** Several members of etcd, to be paused and killed. All that is paused goes on at the end. */
export interface Quorum {
  /** Client URLs of the leader and of the others. */
  roles(): Promise<{ leader: string; followers: string[] }>;
  kill(url: string): void;
  pause(...urls: string[]): void;
  resume(): void;
  close(): void;
}

export function quorumOf(etcd: TestEtcd): Quorum {
  const admins = new MemberAdmins({ tls: tlsOf(etcd), clock: realClock });
  const paused = new Set<number>();
  const pidOf = (url: string) => {
    const member = etcd.etcd.members.find(({ clientUrl }) => clientUrl === url);
    if (member === undefined) throw new Error(`no member at ${url}`);
    return member.pid;
  };
  const isLeader = async (url: string) => {
    const call = { timeoutMs: 2_000, signal: new AbortController().signal };
    const status = await admins.at(url).status(call);
    return status.leader === status.memberId;
  };
  return {
    roles: () =>
      eventually("a leader", async () => {
        const leads = await Promise.all(etcd.clientUrls.map((url) => isLeader(url).catch(() => false)));
        const leader = etcd.clientUrls.find((_, index) => leads[index]);
        return leader !== undefined && { leader, followers: etcd.clientUrls.filter((url) => url !== leader) };
      }),
    kill: (url) => void process.kill(pidOf(url), "SIGKILL"),
    pause(...urls) {
      for (const pid of urls.map(pidOf)) {
        process.kill(pid, "SIGSTOP");
        paused.add(pid);
      }
    },
    resume() {
      for (const pid of paused) process.kill(pid, "SIGCONT");
      paused.clear();
    },
    close() {
      this.resume();
      admins.close();
    },
  };
}
