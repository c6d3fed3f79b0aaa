import type {
  AddedMemberAnswer,
  EtcdStatusAnswer,
  KnownObject,
  MemberAnswer,
  MemberStatusAnswer,
} from "../../../apiserver/etcd-admin/answers.ts";
import type { Clock } from "../../../component-base/clock.ts";
import type { KnownKey } from "../../../etcd/snapshot/diff-states.ts";
import { EtcdGateway } from "../../etcd/gateway.ts";
import { UserError } from "../../user-error.ts";

/** How long one answer may take. */
const callTimeoutMs = 60_000;

/** What the launcher asks of etcd: as the administrator, through the gateway, like everybody. */
export class GatewayAdmin {
  readonly #gateway: EtcdGateway;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;

  /** @param kubeconfig - a file; `signal` gives every request up; `server`: a certain gateway instead of any */
  constructor(
    kubeconfig: string,
    deps: { readonly clock: Clock; readonly signal: AbortSignal; readonly server?: string },
  ) {
    const { clock, signal, server } = deps;
    this.#gateway = new EtcdGateway(kubeconfig, { callTimeoutMs, signal, ...(server !== undefined && { server }) });
    this.#clock = clock;
    this.#signal = signal;
  }

  status(): Promise<EtcdStatusAnswer> {
    return this.#gateway.ask("GET", "status");
  }

  async addLearner(peerUrl: string): Promise<MemberAnswer> {
    const learner = { peerURLs: [peerUrl], isLearner: true };
    return (await this.#gateway.ask<AddedMemberAnswer>("POST", "members", learner)).member;
  }

  async promote(id: string): Promise<void> {
    await this.#gateway.ask("POST", `members/${id}/promote`);
  }

  async remove(id: string): Promise<void> {
    await this.#gateway.ask("DELETE", `members/${id}`);
  }

  async moveLeader(to: string): Promise<void> {
    await this.#gateway.ask("POST", `move-leader?to=${encodeURIComponent(to)}`);
  }

  /** What this gateway's cache holds, which it tells without etcd. */
  async known(): Promise<KnownKey[]> {
    const answer = await this.#gateway.ask<unknown>("GET", "known");
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
    return this.#gateway.close();
  }
}

/** In step with the leader, give or take what is just being written. */
export function isCaughtUp({ reachable, lag, errors }: MemberStatusAnswer): boolean {
  return reachable && errors.length === 0 && lag !== undefined && lag < 100;
}

export function memberStatus(status: EtcdStatusAnswer, name: string): MemberStatusAnswer | undefined {
  return status.members.find((member) => member.name === name);
}
