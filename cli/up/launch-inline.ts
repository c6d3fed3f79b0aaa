import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { Clock } from "../../component-base/clock.ts";
import { startFromArgv } from "../../component-base/component.ts";
import { loggerFor } from "../../component-base/configured-logger.ts";
import { type ComponentRow, componentArgv, type Plane } from "./components.ts";
import type { Prepared } from "./supervise.ts";

/** How long a component may take to stop; what hangs ends with the process. */
const stopTimeoutMs = 1_500;

/** Runs a component inside this process, from the same flags that its process would get; its log is the same file. */
export async function prepareInline(
  row: ComponentRow,
  name: string,
  plane: Plane,
  deps: { readonly clock: Clock },
): Promise<Prepared> {
  const component = await row.load();
  const stream = createWriteStream(join(plane.folder.logs, `${name}.log`), { flags: "a", mode: 0o600 });
  const log = loggerFor(name, plane.config, { write: (line) => void stream.write(line) });
  const closeLog = async () => {
    stream.end();
    await finished(stream);
  };
  return {
    discard: closeLog,
    async start() {
      const running = await startFromArgv(component, componentArgv(row, plane), { clock: deps.clock, log });
      log.info({}, "started");
      return {
        done: running.done,
        async stop() {
          const outcome = await Promise.race([running.stop().then(() => "stopped"), timeout(deps.clock)]);
          log.info({}, outcome);
          await closeLog();
        },
      };
    },
  };
}

function timeout(clock: Clock): Promise<string> {
  return new Promise((resolve) => clock.setTimer(stopTimeoutMs, () => resolve("did not stop in time")));
}
