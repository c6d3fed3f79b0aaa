import { percentile } from "../load.ts";
import { makeNamespace, podJson, removeNamespace } from "../objects.ts";
import type { Figure, TargetQuestion } from "../question.ts";
import type { Target } from "../target.ts";
import { openLineWatch } from "../watch.ts";

/** Create → Running as a watcher sees it, one Pod at a time, and 200 at once. Needs scheduler and kubelets. */
export const postToRunning: TargetQuestion = {
  name: "post-to-running",
  help: "create → Running as a watcher sees it, one at a time and 200 at once",
  async run(target, { stamp, round }) {
    const single = await measure(target, `bench-run-${stamp}-${round}`, { pods: 30, inFlight: 1 });
    const burst = await measure(target, `bench-burst-${stamp}-${round}`, { pods: 200, inFlight: 200 });
    return [
      figure("one at a time, p50", percentile(single.latencies, 0.5)),
      figure("one at a time, p99", percentile(single.latencies, 0.99)),
      figure("200 at once, p50", percentile(burst.latencies, 0.5)),
      figure("200 at once, p99", percentile(burst.latencies, 0.99)),
      figure("200 at once, all Running after", burst.totalMs),
    ];
  },
};

function figure(name: string, value: number): Figure {
  return { name, unit: "ms", value, better: "lower" };
}

async function measure(
  target: Target,
  namespace: string,
  { pods, inFlight }: { pods: number; inFlight: number },
): Promise<{ latencies: number[]; totalMs: number }> {
  await makeNamespace(target, namespace);
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const watch = await openLineWatch(target, path);
  const waiting = new Map<string, (atMs: number) => void>();
  const reading = readRunning(watch.lines, waiting);
  const latencies: number[] = [];
  const startMs = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < pods) {
      const name = `r-${next++}`;
      const running = new Promise<number>((resolve) => waiting.set(name, resolve));
      const createdMs = performance.now();
      await target.request("POST", path, { body: podJson({ namespace, name }) });
      latencies.push((await Promise.race([running, reading.then(() => Number.NaN)])) - createdMs);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const totalMs = performance.now() - startMs;
  watch.stop();
  await reading;
  await removeNamespace(target, namespace);
  return { latencies: latencies.sort((a, b) => a - b), totalMs };
}

/** Tells whoever waits for a Pod when it is first seen Running; ends with the watch. */
async function readRunning(lines: AsyncIterable<string>, waiting: Map<string, (atMs: number) => void>): Promise<void> {
  for await (const line of lines) {
    if (!line.includes('"phase":"Running"')) continue;
    const name = /"name":"(r-\d+)"/.exec(line)?.[1];
    if (name !== undefined) waiting.get(name)?.(performance.now());
  }
}
