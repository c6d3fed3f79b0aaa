import { loadKubeconfig } from "../../client/kubeconfig.ts";
import type { Clock } from "../../component-base/clock.ts";
import type { DataDir } from "../data-dir.ts";
import { readPlaneFacts } from "../plane-file.ts";
import { GatewayProbe } from "./gateway-probe.ts";
import { statusLine } from "./gateway-view.ts";

/** A line each second of what users of each gateway meet, for `forMs`, or for ever if that is 0. */
export async function watchGateways(options: {
  readonly folder: DataDir;
  readonly kubeconfig: string;
  readonly forMs: number;
  readonly say: (line: string) => void;
  readonly clock: Clock;
}): Promise<void> {
  const { clock, forMs, say } = options;
  const config = loadKubeconfig(options.kubeconfig);
  const { gateways } = readPlaneFacts(options.folder);
  const probes = gateways.map(({ name, url }) => new GatewayProbe(name, { ...config, server: url }, { clock }));
  const over = new AbortController();
  const { signal } = over;
  const running = Promise.all(probes.map((probe) => probe.run({ signal })));
  const endMs = forMs > 0 ? clock.monotonicMs() + forMs : Number.POSITIVE_INFINITY;
  while (clock.monotonicMs() < endMs) {
    await clock.sleep(Math.min(1_000, endMs - clock.monotonicMs()), { signal });
    say(
      statusLine(
        clock.now(),
        probes.map((probe) => probe.view()),
      ),
    );
  }
  over.abort(new Error("it has been watched long enough"));
  await running;
}
