import { failure } from "../../api/status.ts";
import type { EtcdAdmin, EtcdMember, EtcdStatus } from "../storage/etcd3/admin.ts";
import type { MembersFrom } from "./answers.ts";
import { unavailable } from "./errors.ts";
import { quorumOf } from "./quorum.ts";

/** A member that takes longer to answer counts as unreachable. */
const ANSWER_MS = 2_000;
/** A member that is slower to tell the list of members is not waited for. */
const LIST_MS = 1_000;

/** A member, and what it said of itself. */
export interface SeenMember {
  readonly member: EtcdMember;
  /** Where it was asked; empty when nobody knows where. */
  readonly endpoint: string;
  /** Absent: it could not be asked. */
  readonly status?: EtcdStatus;
  /** Why it could not be asked. */
  readonly problem?: string;
}

/** The members at one moment. */
export interface Survey {
  readonly members: readonly SeenMember[];
  readonly membersFrom: MembersFrom;
  /** Whom the members of the newest term follow; absent without a leader. */
  readonly leader?: SeenMember;
}

/** A member that answers. */
export interface ReachableMember extends SeenMember {
  readonly status: EtcdStatus;
  readonly admin: EtcdAdmin;
}

/**
 * Knows who the members of etcd are and where to ask each. A gateway flag says so first; then the servers that the gateway
 * speaks to anyway, then the client URLs that the members advertise. Whoever answers there must be the member that is meant.
 */
export class EtcdCluster {
  readonly #at: (endpoint: string) => EtcdAdmin;
  readonly #servers: readonly string[];
  readonly #memberServers: ReadonlyMap<string, string>;
  #known: readonly EtcdMember[] = [];

  constructor(options: {
    at: (endpoint: string) => EtcdAdmin;
    /** Client URLs of the flag `--etcd-servers`. */
    servers: readonly string[];
    /** Client URL by member name, of the flag `--etcd-member-servers`. */
    memberServers: ReadonlyMap<string, string>;
  }) {
    this.#at = options.at;
    this.#servers = options.servers.map(origin);
    this.#memberServers = new Map([...options.memberServers].map(([name, url]) => [name, origin(url)]));
  }

  /** The list of members: of one that has a leader, else of any, else the last that was seen. */
  async members(signal: AbortSignal): Promise<{ members: readonly EtcdMember[]; membersFrom: MembersFrom }> {
    const endpoints = this.#endpoints();
    const ask = (requireLeader: boolean) =>
      Promise.any(
        endpoints.map((endpoint) => this.#at(endpoint).members({ timeoutMs: LIST_MS, signal, requireLeader })),
      );
    const leaderless = ask(false).catch(() => undefined);
    const answer = await ask(true).catch(() => leaderless);
    signal.throwIfAborted();
    if (answer !== undefined) {
      this.remember(answer);
      return { members: this.#known, membersFrom: "etcd" };
    }
    if (this.#known.length > 0) return { members: this.#known, membersFrom: "memory" };
    return { members: this.#fromFlags(), membersFrom: "flags" };
  }

  /** Takes a list that etcd answered for the newest there is, in order of names. */
  remember(members: readonly EtcdMember[]): void {
    this.#known = [...members].sort(byName);
  }

  /** Asks every member how it is. */
  async survey(signal: AbortSignal): Promise<Survey> {
    const { members, membersFrom } = await this.members(signal);
    const seen = await Promise.all(members.map((member) => this.look(member, signal)));
    const leader = leaderOf(seen);
    return { members: seen, membersFrom, ...(leader !== undefined && { leader }) };
  }

  /** Asks one member how it is; never fails but for the signal. */
  async look(member: EtcdMember, signal: AbortSignal): Promise<SeenMember> {
    const candidates = this.#candidates(member);
    const [first] = candidates;
    if (first === undefined) return { member, endpoint: "", problem: "it has not started yet" };
    try {
      const ask = async (endpoint: string): Promise<SeenMember> => {
        const status = await this.#at(endpoint).status({ timeoutMs: ANSWER_MS, signal });
        if (member.id === 0n || status.memberId === member.id) return { member, endpoint, status };
        throw new Error(`another member answers at ${endpoint}`);
      };
      return await Promise.any(candidates.map(ask));
    } catch (error) {
      signal.throwIfAborted();
      const [problem] = error instanceof AggregateError ? error.errors : [error];
      return { member, endpoint: first, problem: plainly(problem) };
    }
  }

  /**
   * Who can have something done by the whole cluster: its leader, or one that follows it.
   * @throws StatusError 503 when there is no leader
   */
  async leading(signal: AbortSignal): Promise<ReachableMember & { readonly survey: Survey }> {
    const survey = await this.survey(signal);
    const able = [survey.leader, ...survey.members].find((seen) => (seen?.status?.leader ?? 0n) !== 0n);
    if (able?.status !== undefined) return { ...this.reachable(able), survey };
    const voters = survey.members.filter(({ member }) => !member.isLearner);
    const answering = voters.filter(({ status }) => status !== undefined).length;
    const needed = quorumOf(voters.length);
    throw unavailable(
      `etcd has no leader: ${answering} of ${voters.length} voting members answer, and ${needed} must agree on one`,
    );
  }

  /** @throws StatusError 503 when the member does not answer */
  reachable(seen: SeenMember): ReachableMember {
    const { status, endpoint, member, problem } = seen;
    if (status === undefined) throw unavailable(`member ${nameOf(member)} does not answer: ${problem}`);
    return { ...seen, status, admin: this.#at(endpoint) };
  }

  #endpoints(): readonly string[] {
    const flagged = [...this.#memberServers.values()];
    const advertised = flagged.length > 0 ? [] : this.#known.flatMap(({ clientUrls }) => clientUrls.map(origin));
    return [...new Set([...flagged, ...this.#servers, ...advertised])];
  }

  #candidates(member: EtcdMember): readonly string[] {
    const flagged = this.#memberServers.get(member.name);
    if (flagged !== undefined) return [flagged];
    const advertised = member.clientUrls.map(origin);
    const own = this.#servers.find((server) => advertised.includes(server));
    if (own !== undefined) return [own];
    return advertised.length === 0 ? [] : [...new Set([...advertised, ...this.#servers])];
  }

  /** Nobody has ever told who the members are. */
  #fromFlags(): EtcdMember[] {
    const entries: (readonly [string, string])[] =
      this.#memberServers.size > 0 ? [...this.#memberServers] : this.#servers.map((server) => ["", server] as const);
    return entries.map(([name, url]) => ({ id: 0n, name, peerUrls: [], clientUrls: [url], isLearner: false }));
  }
}

/**
 * The member called `wanted`, by name or by ID.
 * @throws StatusError 404
 */
export function findMember(survey: Survey, wanted: string): SeenMember {
  const { members } = survey;
  const found =
    members.find(({ member }) => idText(member.id) === wanted) ?? members.find(({ member }) => member.name === wanted);
  if (found !== undefined && wanted !== "") return found;
  const names = members.map(({ member }) => nameOf(member)).join(", ");
  throw failure({
    code: 404,
    reason: "NotFound",
    message: `etcd has no member ${JSON.stringify(wanted)}; there are ${names}`,
  });
}

/** The highest revision that a member has, or `known`: each of them may be a moment behind. */
export function newestRevision({ members }: Survey, known = 0n): bigint {
  return members.reduce((newest, { status }) => {
    return status !== undefined && status.revision > newest ? status.revision : newest;
  }, known);
}

/** As etcdctl prints it; empty where it is not known. */
export function idText(id: bigint): string {
  return id === 0n ? "" : id.toString(16);
}

/** What to call a member that may not have a name yet. */
export function nameOf({ name, id, clientUrls }: EtcdMember): string {
  return name || idText(id) || (clientUrls[0] ?? "");
}

/** Names with numbers in them by number; who has no name yet comes last. */
function byName(a: EtcdMember, b: EtcdMember): number {
  if (a.name === "" || b.name === "") return b.name.length - a.name.length;
  return a.name.localeCompare(b.name, "en", { numeric: true });
}

/** Of what the gRPC library says about a failed connection only the reason. */
function plainly(problem: unknown): string {
  const text = problem instanceof Error ? problem.message : String(problem);
  if (text === "context deadline exceeded") return `no answer within ${ANSWER_MS / 1000} s`;
  return /Last error: (?:Error: )?(.*?)\.?(?: Resolution note:.*)?$/.exec(text)?.[1] ?? text;
}

function leaderOf(seen: readonly SeenMember[]): SeenMember | undefined {
  let newest: EtcdStatus | undefined;
  for (const { status } of seen) {
    if (status === undefined || status.leader === 0n) continue;
    if (newest === undefined || status.raftTerm > newest.raftTerm) newest = status;
  }
  return newest && seen.find(({ member }) => member.id === newest.leader);
}

/** Without a path, so that URLs that mean the same are equal. */
function origin(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
