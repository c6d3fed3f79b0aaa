import type { Clock } from "./clock.ts";
import { type ConfigOf, type FlagTable, parseFlags } from "./flags.ts";
import type { logFlags } from "./log-flags.ts";
import type { Logger } from "./logger.ts";
import type { Running } from "./running.ts";

/** What every component gets from its surroundings. */
export interface ComponentDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

/** A component as processes and launchers see it: a name, a table of flags, and one function that starts it. */
export interface Component<T extends FlagTable & typeof logFlags> {
  readonly name: string;
  /** One line for `--help`. */
  readonly purpose: string;
  readonly flags: T;
  /** Resolves when the component does its work: it listens, or its informers have synced. */
  readonly start: (config: ConfigOf<T>, deps: ComponentDeps) => Promise<Running>;
}

/** A component whose flags are not known to the compiler, as in a list of components. */
// biome-ignore lint/suspicious/noExplicitAny: `start` takes what its own `flags` describe; no one type says that for all.
export type AnyComponent = Component<any>;

/**
 * Starts a component in this process from the flags that would start it as a process.
 * @throws Error that names every flag that is wrong
 */
export function startFromArgv(component: AnyComponent, argv: readonly string[], deps: ComponentDeps): Promise<Running> {
  const parsed = parseFlags(component.flags, argv);
  if (parsed.kind === "config") return component.start(parsed.config, deps);
  throw new Error(parsed.kind === "help" ? "--help starts nothing" : parsed.problems.join("; "));
}
