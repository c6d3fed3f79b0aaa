import type { LinkFault } from "../../component-base/link-fault.ts";
import { UserError } from "../user-error.ts";
import { describeFault } from "./describe.ts";
import { type Fault, type LinkEnds, linksOf, type Topology } from "./fault.ts";
import type { FaultRequest } from "./fault-request.ts";
import { healed, linkStates, withFault } from "./fault-state.ts";

/** A process of the plane, as far as faults are concerned. */
export interface FaultyProcess {
  readonly name: string;
  /** Absent while it does not run, and where it is no process of its own. */
  readonly pid?: number | undefined;
  /** `held` while it is kept down. */
  readonly state: string;
  /** Keeps it down. */
  hold(): Promise<void>;
  /** Lets it run again after `hold`; resolves when it is ready. */
  resume(options: { readonly signal: AbortSignal }): Promise<void>;
}

export interface FaultEngineDeps {
  topology(): Topology;
  /** @throws UserError that names the processes there are */
  process(name: string): FaultyProcess;
  /** Does nothing to a process that has just ended. */
  signal(pid: number, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
  /** Absent without `--faults`. */
  readonly setLink?: (from: string, to: string, fault: LinkFault) => void;
}

interface Context {
  /** Tells whoever asked: one line. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Knows what is wrong on purpose, and makes processes and links be so. */
export class FaultEngine {
  readonly #deps: FaultEngineDeps;
  #faults: readonly Fault[] = [];

  constructor(deps: FaultEngineDeps) {
    this.#deps = deps;
  }

  /** What is wrong now: a process that somebody has started again is paused or down no longer. */
  faults(): readonly Fault[] {
    this.#faults = this.#faults.filter((fault) => {
      if (fault.kind === "paused") return this.#find(fault.name)?.pid === fault.pid;
      return fault.kind !== "down" || this.#find(fault.name)?.state === "held";
    });
    return this.#faults;
  }

  /** What is wrong with links now, a line each. */
  brokenLinks(): readonly string[] {
    const ofLinks = this.faults().filter((fault) => !("name" in fault));
    return ofLinks.map((fault) => describeFault(fault, this.#deps.topology()));
  }

  /** The same for users, a line each. */
  lines(): readonly string[] {
    return this.faults().map((fault) => describeFault(fault, this.#deps.topology()));
  }

  /** Tells the links again what they are to do: members may have come or gone. */
  refresh(): void {
    const { setLink, topology } = this.#deps;
    if (setLink === undefined) return;
    for (const { from, to, fault } of linkStates(topology(), this.#faults)) setLink(from, to, fault);
  }

  /** Lets everything be well that can be at once, because the plane is to end: what is down stays so. */
  letGo(): void {
    const faults = this.faults();
    this.#faults = [];
    this.refresh();
    for (const fault of faults) if (fault.kind === "paused") this.#deps.signal(fault.pid, "SIGCONT");
  }

  /** @throws UserError with a sentence */
  async apply(request: FaultRequest, context: Context): Promise<void> {
    switch (request.verb) {
      case "list":
        return this.#list(context);
      case "heal":
        return this.#heal(request.name, context);
      case "kill":
        return this.#kill(request, context);
      case "pause":
        return this.#pause(request.names, context);
      case "resume":
        return this.#resume(request.names, context);
      case "slow":
        return this.#break({ kind: "slow", ...withoutVerb(request), ends: this.#known(request.ends) }, context);
      case "cut":
        return this.#break({ kind: "cut", ...withoutVerb(request), ends: this.#known(request.ends) }, context);
      case "partition":
        return this.#break({ kind: "partition", sides: this.#sides(request.sides), how: request.how }, context);
    }
  }

  #list({ say }: Context): void {
    const lines = this.lines();
    for (const line of lines.length === 0 ? ["nothing is wrong"] : lines) say(line);
  }

  async #kill(
    { names, keepDown }: { readonly names: readonly string[]; readonly keepDown: boolean },
    { say }: Context,
  ): Promise<void> {
    for (const [process, pid] of this.#running(names)) {
      const { name } = process;
      this.#deps.signal(pid, "SIGKILL");
      if (!keepDown) {
        say(`${name} (process ${pid}) is killed; it is started again`);
        continue;
      }
      // It did not end as it was asked to: it was killed.
      await process.hold().catch(() => undefined);
      this.#faults = withFault(this.#faults, { kind: "down", name });
      say(`${name} (process ${pid}) is killed, and stays down until it is healed`);
    }
  }

  #pause(names: readonly string[], { say }: Context): void {
    for (const [{ name }, pid] of this.#running(names)) {
      this.#deps.signal(pid, "SIGSTOP");
      this.#faults = withFault(this.#faults, { kind: "paused", name, pid });
      say(`${name} (process ${pid}) is paused`);
    }
  }

  async #resume(names: readonly string[], context: Context): Promise<void> {
    const resumed = names.map((name) => {
      this.#deps.process(name);
      const fault = this.faults().find((candidate) => "name" in candidate && candidate.name === name);
      if (fault === undefined) throw new UserError(`${name} is neither paused nor kept down`);
      return fault;
    });
    this.#faults = this.#faults.filter((fault) => !resumed.includes(fault));
    await this.#revive(resumed, context);
  }

  async #heal(name: string | undefined, context: Context): Promise<void> {
    if (name !== undefined) this.#deps.process(name);
    const before = this.faults();
    this.#faults = healed(before, name);
    const gone = before.filter((fault) => !this.#faults.includes(fault));
    if (gone.length === 0) context.say(`nothing is wrong${name === undefined ? "" : ` with ${name}`}`);
    this.refresh();
    for (const fault of gone) {
      if ("name" in fault) continue;
      const left = fault.kind === "partition" ? this.#faults.find(({ kind }) => kind === "partition") : undefined;
      const topology = this.#deps.topology();
      context.say(left === undefined ? `over: ${describeFault(fault, topology)}` : describeFault(left, topology));
    }
    await this.#revive(gone, context);
  }

  /** Lets processes go on that were paused, and start that were down. */
  async #revive(faults: readonly Fault[], { say, signal }: Context): Promise<void> {
    const { process } = this.#deps;
    for (const fault of faults) {
      if (fault.kind !== "paused") continue;
      this.#deps.signal(fault.pid, "SIGCONT");
      say(`${fault.name} goes on`);
    }
    const down = faults.filter((fault) => fault.kind === "down");
    await Promise.all(
      down.map(async ({ name }) => {
        await process(name).resume({ signal });
        say(`${name} is up again`);
      }),
    );
  }

  #break(fault: Fault, { say }: Context): void {
    if (this.#deps.setLink === undefined) {
      throw new UserError(
        "links cannot be broken here: start the control plane with `up --faults` (the data may stay)",
      );
    }
    this.#faults = withFault(this.#faults, fault);
    this.refresh();
    say(describeFault(fault, this.#deps.topology()));
  }

  /** Undefined: it has gone for good. */
  #find(name: string): FaultyProcess | undefined {
    try {
      return this.#deps.process(name);
    } catch (error) {
      if (error instanceof UserError) return undefined;
      throw error;
    }
  }

  #running(names: readonly string[]): (readonly [FaultyProcess, number])[] {
    return names.map((name) => {
      const process = this.#deps.process(name);
      if (process.pid !== undefined) return [process, process.pid];
      throw new UserError(`${name} does not run now as a process of its own`);
    });
  }

  /** @throws UserError when no link has these ends */
  #known(ends: LinkEnds): LinkEnds {
    const names = ends.kind === "all" ? [ends.of] : [ends.a, ends.b];
    for (const name of names) this.#deps.process(name);
    const links = linksOf(this.#deps.topology());
    const found = links.some(({ from, to }) => names.every((name) => name === from || name === to));
    if (found && new Set(names).size === names.length) return ends;
    throw new UserError(
      `${names.join(" and ")}: links are those of etcd's members with each other and with the gateways`,
    );
  }

  /** @throws UserError unless every member is on a side, and nobody else but gateways is */
  #sides(named: readonly (readonly string[])[]): readonly (readonly string[])[] {
    const { members, gateways } = this.#deps.topology();
    const all = [...members, ...gateways.map(({ name }) => name)];
    for (const name of named.flat()) {
      if (all.includes(name)) continue;
      this.#deps.process(name);
      throw new UserError(`${name}: a partition is of ${all.join(", ")}; others reach whom they can`);
    }
    const rest = members.filter((name) => !named.flat().includes(name));
    if (rest.length === 0 && named.length > 1) return named;
    if (rest.length > 0 && named.length === 1) return [...named, rest];
    if (rest.length > 0) throw new UserError(`on which side is ${rest.join(" and ")}?`);
    throw new UserError("a partition has two sides");
  }
}

function withoutVerb<T extends { readonly verb: string }>({ verb: _, ...rest }: T): Omit<T, "verb"> {
  return rest;
}
