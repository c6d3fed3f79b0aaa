import { load } from "../load.ts";
import { createPods, makeNamespace, removeNamespace } from "../objects.ts";
import type { TargetQuestion } from "../question.ts";

const namespaceOf = (stamp: string) => `bench-get-${stamp}`;
const pods = 1000;

/** How quickly is one Pod read, consistently, 64 in flight? */
export const podGet: TargetQuestion = {
  name: "pod-get",
  help: "consistent gets of single Pods, 64 in flight",
  async prepare(target, stamp) {
    const namespace = namespaceOf(stamp);
    await makeNamespace(target, namespace);
    await createPods(target, namespace, pods);
  },
  async run(target, { stamp }) {
    const namespace = namespaceOf(stamp);
    const result = await load(target, {
      operations: 30_000,
      inFlight: 64,
      request: (index) => ({
        method: "GET",
        path: `/api/v1/namespaces/${namespace}/pods/pod-${String(index % pods).padStart(6, "0")}`,
      }),
    });
    return [
      { name: "gets", unit: "/s", value: result.perSecond, better: "higher" },
      { name: "p50", unit: "ms", value: result.p50Ms, better: "lower" },
      { name: "p99", unit: "ms", value: result.p99Ms, better: "lower" },
      { name: "server CPU", unit: "µs", value: result.cpuMicros, better: "lower" },
    ];
  },
  cleanUp: (target, stamp) => removeNamespace(target, namespaceOf(stamp)),
};
