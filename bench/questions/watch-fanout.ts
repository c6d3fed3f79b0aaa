import { percentile } from "../load.ts";
import { makeNamespace, podJson, removeNamespace } from "../objects.ts";
import type { Figure, TargetQuestion } from "../question.ts";
import { type Target, userAgent } from "../target.ts";

const writes = 200;

/** One writer, many watchers: how late is the slowest, and what does a delivery cost? */
export const watchFanout: TargetQuestion = {
  name: "watch-fanout",
  help: "one writer, 100 and 1,000 watchers of the same Pods",
  runs: 3,
  async run(target, { stamp, round }) {
    const figures: Figure[] = [];
    for (const watchers of [100, 1000])
      figures.push(...(await fanOut(target, `bench-watch-${stamp}-${round}-${watchers}`, watchers)));
    return figures;
  },
};

async function fanOut(target: Target, namespace: string, watchers: number): Promise<Figure[]> {
  await makeNamespace(target, namespace);
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const list = await target.request("GET", path);
  const revision = /"resourceVersion":"(\d+)"/.exec(list.body.toString("utf8", 0, 400))?.[1];
  if (revision === undefined) throw new Error("the list has no resourceVersion");
  const stop = new AbortController();
  const lastMs = new Float64Array(watchers);
  const streams = await openAll(target, `${path}?watch=true&resourceVersion=${revision}`, watchers, stop.signal);
  const readers = streams.map((body, index) => readLines(body, writes, lastMs, index));
  await new Promise((resolve) => setTimeout(resolve, 300));

  const cpuBefore = target.cpu.microseconds();
  const startMs = performance.now();
  for (let index = 0; index < writes; index++) {
    await target.request("POST", path, { body: podJson({ namespace, name: `w-${index}` }) });
  }
  const writtenMs = performance.now();
  await Promise.all(readers);
  const endMs = performance.now();
  const cpuAfter = target.cpu.microseconds();
  stop.abort();
  await removeNamespace(target, namespace);

  const lags = lastMs.map((at) => Math.max(0, at - writtenMs)).sort();
  const deliveries = writes * watchers;
  const cpu = cpuBefore === undefined || cpuAfter === undefined ? undefined : (cpuAfter - cpuBefore) / deliveries;
  return [
    {
      name: `deliveries, ${watchers} watchers`,
      unit: "/s",
      value: (deliveries / (endMs - startMs)) * 1000,
      better: "higher",
    },
    {
      name: `last event after last write, p99, ${watchers} watchers`,
      unit: "ms",
      value: percentile(lags, 0.99),
      better: "lower",
    },
    { name: `server CPU per delivery, ${watchers} watchers`, unit: "µs", value: cpu, better: "lower" },
  ];
}

async function openAll(
  target: Target,
  path: string,
  count: number,
  signal: AbortSignal,
): Promise<AsyncIterable<Buffer>[]> {
  const headers = { accept: "application/json", "user-agent": userAgent };
  const bodies: AsyncIterable<Buffer>[] = [];
  while (bodies.length < count) {
    const batch = Array.from({ length: Math.min(50, count - bodies.length) }, () =>
      target.transport.stream({ method: "GET", path, headers, signal }),
    );
    bodies.push(...(await Promise.all(batch)).map((stream) => stream.body));
  }
  return bodies;
}

/** Counts lines without looking into them: the reader shares the machine with the server. */
async function readLines(
  body: AsyncIterable<Buffer>,
  lines: number,
  lastMs: Float64Array,
  index: number,
): Promise<void> {
  let seen = 0;
  for await (const chunk of body) {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) seen++;
    if (seen >= lines) {
      lastMs[index] = performance.now();
      return;
    }
  }
  throw new Error(`a watch ended after ${seen} of ${lines} events`);
}
