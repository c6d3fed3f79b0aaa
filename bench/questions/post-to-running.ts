import { percentile } from "../load.ts";
import { makeNamespace, podJson, removeNamespace } from "../objects.ts";
import type { Figure, Question } from "../question.ts";
import { type Target, userAgent } from "../target.ts";

/** Create → Running as a watcher sees it, one Pod at a time, and 200 at once. Needs scheduler and kubelets. */
export const postToRunning: Question = {
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
  const stop = new AbortController();
  const stream = await target.transport.stream({
    method: "GET",
    path: `${path}?watch=true&resourceVersion=0`,
    headers: { accept: "application/json", "user-agent": userAgent },
    signal: stop.signal,
  });
  const waiting = new Map<string, (atMs: number) => void>();
  const reading = readRunning(stream.body, waiting);
  const latencies: number[] = [];
  const startMs = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < pods) {
      const name = `r-${next++}`;
      const running = new Promise<number>((resolve) => waiting.set(name, resolve));
      const createdMs = performance.now();
      await target.request("POST", path, { body: podJson({ namespace, name }) });
      latencies.push((await Promise.race([running, reading])) - createdMs);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const totalMs = performance.now() - startMs;
  stop.abort();
  await reading.catch(() => undefined); // it ends with the abort
  await removeNamespace(target, namespace);
  return { latencies: latencies.sort((a, b) => a - b), totalMs };
}

async function readRunning(body: AsyncIterable<Buffer>, waiting: Map<string, (atMs: number) => void>): Promise<never> {
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.includes('"phase":"Running"')) continue;
      const name = /"name":"(r-\d+)"/.exec(line)?.[1];
      if (name !== undefined) waiting.get(name)?.(performance.now());
    }
  }
  throw new Error("the watch ended");
}
