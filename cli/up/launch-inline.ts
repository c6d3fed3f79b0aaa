import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { Clock } from "../../component-base/clock.ts";
import { startFromArgv } from "../../component-base/component.ts";
import { loggerFor } from "../../component-base/configured-logger.ts";
import type { Running } from "../../component-base/running.ts";
import { type ComponentRow, componentArgv, type Plane } from "./components.ts";
import type { Prepared } from "./supervise.ts";

/** How long a component may take to stop; what hangs ends with the process. */
const stopTimeoutMs = 1_500;

/** Runs a component inside this process, from the same flags that its process would get; its log is the same file. */
export async function prepareInline(
  row: ComponentRow,
  instance: { readonly name: string; readonly index: number },
  plane: Plane,
  deps: { readonly clock: Clock },
): Promise<Prepared> {
  const { name, index } = instance;
  const component = await row.load();
  const logPath = join(plane.folder.logs, `${name}.log`);
  const stream = createWriteStream(logPath, { flags: "a", mode: 0o600 });
  const log = loggerFor(name, plane.config, { write: (line) => stream.writable && stream.write(line) });
  const closeLog = async () => {
    stream.end();
    await finished(stream);
  };
  let starting: Promise<Running> | undefined;
  const stop = async () => {
    const running = starting?.catch(() => undefined) ?? Promise.resolve(undefined);
    const stopped = running.then((started) => started?.stop());
    const problem = await inTime(stopped, deps.clock);
    if (problem === undefined) log.info({}, "stopped");
    else log.error({ err: problem }, "not stopped");
    await closeLog();
    if (problem !== undefined) throw problem;
  };
  return {
    // Starting cannot be broken off, so what starts is stopped when it has started.
    discard: stop,
    async start() {
      starting = startFromArgv(component, componentArgv(row, index, plane), { clock: deps.clock, log });
      const { done } = await starting.catch((error: unknown) => {
        log.error({ err: error }, "failed");
        throw new Error(`failed: ${error instanceof Error ? error.message : String(error)} (log: ${logPath})`, {
          cause: error,
        });
      });
      log.info({}, "started");
      return { done, stop };
    },
  };
}

/** Resolves with an error when `stopped` rejects, or does not settle in time. */
async function inTime(stopped: Promise<void>, clock: Clock): Promise<Error | undefined> {
  const settled = new AbortController();
  const late = clock.sleep(stopTimeoutMs, settled).then(
    () => new Error(`did not stop within ${stopTimeoutMs / 1_000} s`),
    () => undefined,
  );
  const outcome = stopped.then(
    () => undefined,
    (error: unknown) => new Error("did not stop cleanly", { cause: error }),
  );
  return Promise.race([outcome, late]).finally(() => settled.abort());
}
