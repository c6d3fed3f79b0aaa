import type { Clock } from "../../component-base/clock.ts";

interface Stoppable {
  readonly name: string;
  /** Rejects with a sentence when it ended, but not cleanly. */
  stop(): Promise<void>;
}

/** With the time that killing takes, a plane has stopped within 5 s. */
export const stopDeadlineMs = 3_500;

/**
 * Stops one group after the other, the members of a group together. What does not stop cleanly is said and keeps nothing else
 * from being stopped; what has not stopped after {@link stopDeadlineMs} in all is named and left to `kill`.
 */
export async function stopInOrder(
  groups: readonly (readonly Stoppable[])[],
  deps: {
    readonly clock: Clock;
    readonly say: (line: string) => void;
    /** Ends every process that is left. */
    readonly kill: () => Promise<void>;
  },
): Promise<void> {
  const { clock, say, kill } = deps;
  const left = new Set(groups.flat());
  const stop = async (component: Stoppable) => {
    await component.stop().catch((error: unknown) => {
      say(`${component.name} ${error instanceof Error ? error.message : String(error)}`);
    });
    left.delete(component);
  };
  const inOrder = async () => {
    for (const group of groups) await Promise.all(group.map(stop));
  };
  const finished = new AbortController();
  const late = clock.sleep(stopDeadlineMs, finished).catch(() => undefined);
  await Promise.race([inOrder(), late]);
  finished.abort();
  if (left.size === 0) return;
  const names = [...left].map((component) => component.name).join(", ");
  say(`not stopped within ${stopDeadlineMs / 1_000} s, so killed: ${names}`);
  await kill();
}
