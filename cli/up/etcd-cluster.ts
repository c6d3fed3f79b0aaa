import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../component-base/clock.ts";
import { clientUrl, type EtcdConfig, type MemberPlan, memberArgs, metricsUrl, several } from "../../etcd/config.ts";
import type { ClusterLinks } from "../../etcd/links.ts";
import { memberLog } from "../../etcd/member.ts";
import { writePlan } from "../../etcd/plan.ts";
import { stopMembers } from "../../etcd/start.ts";
import { UserError } from "../user-error.ts";
import { prepareMember } from "./launch-etcd.ts";
import { Supervised } from "./supervise.ts";

export interface EtcdClusterDeps {
  readonly clock: Clock;
  /** Tells the user: one line. */
  readonly say: (line: string) => void;
}

/** One member: its place in the plan, and its process. */
export interface ClusterMember {
  readonly plan: MemberPlan;
  readonly process: Supervised;
}

/** The bundled etcd: members that are processes of their own, and that may come and go. It opens no client connection. */
export class EtcdCluster {
  readonly name = "etcd";
  readonly #config: Omit<EtcdConfig, "plan" | "members">;
  readonly #run: string;
  readonly #links: ClusterLinks | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #deps: EtcdClusterDeps;
  readonly #members = new Map<string, ClusterMember>();
  #started = false;
  #expectsOthers = false;

  /** @param options.links - that members reach each other through; default directly */
  constructor(
    config: Omit<EtcdConfig, "plan" | "members">,
    plan: readonly MemberPlan[],
    options: { readonly run: string; readonly links?: ClusterLinks },
    deps: EtcdClusterDeps,
  ) {
    this.#config = config;
    this.#run = options.run;
    this.#links = options.links;
    this.#deps = deps;
    for (const member of plan) this.#members.set(member.name, this.#manage(member));
  }

  /** In the order of the plan. */
  members(): readonly ClusterMember[] {
    return [...this.#members.values()];
  }

  /** @throws UserError that names the members there are */
  member(name: string): ClusterMember {
    const member = this.#members.get(name);
    if (member !== undefined) return member;
    throw new UserError(`there is no member ${name}, only ${[...this.#members.keys()].join(", ")}`);
  }

  plan(): readonly MemberPlan[] {
    return this.members().map((member) => member.plan);
  }

  clientUrls(): readonly string[] {
    return this.plan().map(clientUrl);
  }

  binaryOf(name: string): string {
    return this.member(name).plan.binary ?? this.#config.binary;
  }

  commandLine(name: string): readonly string[] {
    const { plan } = this.member(name);
    return [this.binaryOf(name), ...memberArgs(this.#configOf(name), plan, this.plan())];
  }

  logPath(name: string): string {
    return memberLog(this.#config, this.member(name).plan, this.plan());
  }

  dataFolder(name: string): string {
    return join(this.#config.dataDir, name);
  }

  /** Calls `listener` after every change of a member or of who is one; the answer ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  preload(): void {
    for (const { process } of this.members()) process.preload();
  }

  /** Resolves when every member is healthy. */
  async start(): Promise<void> {
    await this.#links?.setMembers(this.plan());
    await Promise.all(this.members().map(({ process }) => process.start()));
    this.#started = true;
  }

  /** Followers first, the leader last. Rejects with a sentence when one had to be killed. */
  stop(): Promise<void> {
    const members = this.members().map(({ plan, process }) => ({
      metricsUrl: metricsUrl(plan),
      stop: () => process.stop(),
    }));
    return stopMembers(members, this.#deps);
  }

  /** From its next start on, a member that is still alone has the patience that others will need. */
  expectOthers(): void {
    this.#expectsOthers = true;
  }

  /** Starts a member that the cluster has been told of already. */
  async add(plan: MemberPlan): Promise<void> {
    const member = this.#manage(plan);
    this.#members.set(plan.name, member);
    await this.#links?.setMembers(this.plan());
    this.#savePlan();
    await member.process.start();
  }

  /**
   * Ends a member for good and sets its data aside.
   * @returns where its data is now; undefined when it had none
   */
  async remove(name: string): Promise<string | undefined> {
    const { process } = this.member(name);
    // Killed or not, it is down.
    await process.stop().catch(() => undefined);
    this.#members.delete(name);
    await this.#links?.setMembers(this.plan());
    this.#savePlan();
    return this.setAside(name, "removed");
  }

  /** Moves the data of a member that is down out of the way. @returns where it is now; undefined when there was none */
  setAside(name: string, why: string): string | undefined {
    const folder = this.dataFolder(name);
    if (!existsSync(folder)) return undefined;
    const time = new Date(this.#deps.clock.now()).toISOString().replace(/[:.]/g, "-");
    const aside = `${folder}.${why}-${time}`;
    renameSync(folder, aside);
    return aside;
  }

  /** Ends all members and keeps them down, followers first. */
  async hold(): Promise<void> {
    const members = this.members().map(({ plan, process }) => ({
      metricsUrl: metricsUrl(plan),
      // Killed or not, it is down.
      stop: () => process.hold().catch(() => undefined),
    }));
    await stopMembers(members, this.#deps);
  }

  /**
   * Starts the members of this plan after {@link hold}; those that it does not name are members no longer.
   * @throws UserError when one does not become healthy
   */
  async resume(plan: readonly MemberPlan[], options: { readonly signal: AbortSignal }): Promise<void> {
    const held = new Map(this.#members);
    this.#members.clear();
    for (const member of plan) {
      const known = held.get(member.name);
      this.#members.set(member.name, known === undefined ? this.#manage(member) : { ...known, plan: member });
      held.delete(member.name);
    }
    await this.#links?.setMembers(this.plan());
    this.#savePlan();
    await Promise.all([...held.values()].map(({ process }) => process.stop()));
    // As at the very beginning: ready is who is healthy.
    this.#started = false;
    const starts = this.members().map(({ process }) => {
      return process.state === "held" ? process.resume(options) : process.start();
    });
    await Promise.all(starts);
    this.#started = true;
  }

  /** From its next start on, this member is another program. */
  useBinary(name: string, path: string): void {
    const member = this.member(name);
    this.#members.set(name, { ...member, plan: { ...member.plan, binary: path } });
    this.#savePlan();
  }

  #savePlan(): void {
    writePlan(this.#config.dataDir, this.plan());
    this.#changed();
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #configOf(name: string): EtcdConfig {
    const timing = { heartbeatIntervalMs: several.heartbeatMs, electionTimeoutMs: several.electionMs };
    return { ...(this.#expectsOthers && timing), ...this.#config, binary: this.binaryOf(name) };
  }

  #manage(plan: MemberPlan): ClusterMember {
    const name = plan.name === "default" ? "etcd" : plan.name;
    const prepare = async () =>
      prepareMember(
        {
          name,
          config: this.#configOf(plan.name),
          member: this.member(plan.name).plan,
          plan: this.plan(),
          environment: process.env,
          variables: this.#links?.environment(plan.name) ?? {},
          run: this.#run,
          readyWhen: this.#started ? "running" : "healthy",
        },
        this.#deps,
      );
    const supervised = new Supervised({ name, prepare, ...this.#deps });
    supervised.onChange(() => this.#changed());
    return { plan, process: supervised };
  }
}
