import { load } from "../load.ts";
import { createPods, makeNamespace, removeNamespace } from "../objects.ts";
import type { TargetQuestion } from "../question.ts";

const namespaceOf = (stamp: string) => `bench-list-${stamp}`;

/** What does a full, consistent LIST of 10,000 Pods cost? */
export const podList: TargetQuestion = {
  name: "pod-list",
  help: "full LIST of 10,000 Pods, and pages of 500",
  async prepare(target, stamp) {
    const namespace = namespaceOf(stamp);
    await makeNamespace(target, namespace);
    await createPods(target, namespace, 10_000);
  },
  async run(target, { stamp }) {
    const namespace = namespaceOf(stamp);
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const measure = (operations: number, query: string) =>
      load(target, {
        operations,
        inFlight: 1,
        request: () => ({ method: "GET", path: `${path}${query}` }),
      });
    const full = await measure(8, "");
    const page = await measure(50, "?limit=500");
    return [
      { name: "full list p50", unit: "ms", value: full.p50Ms, better: "lower" },
      { name: "full list server CPU", unit: "µs", value: full.cpuMicros, better: "lower" },
      { name: "first page of 500 p50", unit: "ms", value: page.p50Ms, better: "lower" },
      { name: "first page of 500 server CPU", unit: "µs", value: page.cpuMicros, better: "lower" },
    ];
  },
  cleanUp: (target, stamp) => removeNamespace(target, namespaceOf(stamp)),
};
