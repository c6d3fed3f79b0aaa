import type {
  AddedMemberAnswer,
  EtcdStatusAnswer,
  KnownObject,
  MemberAnswer,
  MemberStatusAnswer,
} from "../../../apiserver/etcd-admin/answers.ts";
import { createRestClient } from "../../../client/create-rest-client.ts";
import { loadKubeconfig } from "../../../client/kubeconfig.ts";
import type { RestClient } from "../../../client/rest-client.ts";
import type { Clock } from "../../../component-base/clock.ts";
import { silentLogger } from "../../../component-base/logger.ts";
import type { KnownKey } from "../../../etcd/snapshot/diff-states.ts";
import { UserError } from "../../user-error.ts";

const etcd = "/gatehouse/v1/etcd";

const userAgent = "gatehouse-launcher";

/** What the launcher asks of etcd: as the administrator, through the gateway, like everybody. */
export class GatewayAdmin {
  readonly #client: RestClient;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;

  /** @param kubeconfig - a file; `signal` gives every request up; `server`: a certain gateway instead of any */
  constructor(
    kubeconfig: string,
    deps: { readonly clock: Clock; readonly signal: AbortSignal; readonly server?: string },
  ) {
    const { server } = deps;
    const config = { ...loadKubeconfig(kubeconfig), ...(server !== undefined && { server }), userAgent };
    this.#client = createRestClient(config, { clock: deps.clock, log: silentLogger });
    this.#clock = deps.clock;
    this.#signal = deps.signal;
  }

  async status(): Promise<EtcdStatusAnswer> {
    return (await this.#call("GET", "status")) as EtcdStatusAnswer;
  }

  async addLearner(peerUrl: string): Promise<MemberAnswer> {
    const answer = await this.#call("POST", "members", { peerURLs: [peerUrl], isLearner: true });
    return (answer as AddedMemberAnswer).member;
  }

  async promote(id: string): Promise<void> {
    await this.#call("POST", `members/${id}/promote`);
  }

  async remove(id: string): Promise<void> {
    await this.#call("DELETE", `members/${id}`);
  }

  async moveLeader(to: string): Promise<void> {
    await this.#call("POST", `move-leader?to=${encodeURIComponent(to)}`);
  }

  /** What this gateway's cache holds, which it tells without etcd. */
  async known(): Promise<KnownKey[]> {
    const answer = await this.#call("GET", "known");
    // A single line is JSON, and comes parsed.
    const lines = typeof answer === "string" ? answer.split("\n").filter((line) => line !== "") : [answer];
    return lines.map((line) => {
      const object = (typeof line === "string" ? JSON.parse(line) : line) as KnownObject;
      return { storageKey: object.storageKey, revision: BigInt(object.revision), hash: object.hash };
    });
  }

  /**
   * Asks until the answer will do.
   * @param what - completes the sentence "… in time"
   * @throws UserError after `timeoutMs`, with what was wrong last
   */
  async until(
    what: string,
    condition: (status: EtcdStatusAnswer) => boolean,
    options: { readonly timeoutMs: number },
  ): Promise<EtcdStatusAnswer> {
    const deadlineMs = this.#clock.monotonicMs() + options.timeoutMs;
    let problem = "";
    while (this.#clock.monotonicMs() < deadlineMs) {
      try {
        const status = await this.status();
        if (condition(status)) return status;
        problem = status.members.flatMap(({ name, errors }) => errors.map((error) => `; ${name}: ${error}`)).join("");
      } catch (error) {
        this.#signal.throwIfAborted();
        problem = `; ${error instanceof Error ? error.message : String(error)}`;
      }
      await this.#clock.sleep(100, { signal: this.#signal });
    }
    throw new UserError(`${what} took more than ${options.timeoutMs / 1_000} s${problem}`);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #call(method: string, path: string, body?: unknown): Promise<unknown> {
    return this.#client.raw(method, `${etcd}/${path}`, {
      signal: this.#signal,
      ...(body !== undefined && { body }),
    });
  }
}

/** In step with the leader, give or take what is just being written. */
export function isCaughtUp({ reachable, lag, errors }: MemberStatusAnswer): boolean {
  return reachable && errors.length === 0 && lag !== undefined && lag < 100;
}

export function memberStatus(status: EtcdStatusAnswer, name: string): MemberStatusAnswer | undefined {
  return status.members.find((member) => member.name === name);
}
