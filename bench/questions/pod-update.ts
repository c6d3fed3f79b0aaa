import { load } from "../load.ts";
import { createPods, makeNamespace, removeNamespace } from "../objects.ts";
import type { TargetQuestion } from "../question.ts";

const namespaceOf = (stamp: string) => `bench-update-${stamp}`;
const pods = 1000;

/** How quickly do strategic merge patches of Pods go through, 64 in flight? */
export const podUpdate: TargetQuestion = {
  name: "pod-update",
  help: "strategic merge patches of Pods, 64 in flight",
  async prepare(target, stamp) {
    const namespace = namespaceOf(stamp);
    await makeNamespace(target, namespace);
    await createPods(target, namespace, pods);
  },
  async run(target, { stamp, round }) {
    const namespace = namespaceOf(stamp);
    const result = await load(target, {
      operations: 3000,
      inFlight: 64,
      request: (index) => ({
        method: "PATCH",
        path: `/api/v1/namespaces/${namespace}/pods/pod-${String(index % pods).padStart(6, "0")}`,
        contentType: "application/strategic-merge-patch+json",
        body: JSON.stringify({
          metadata: { annotations: { "bench/round": `${round}-${index}` } },
          spec: {
            "$setElementOrder/containers": [{ name: "web" }],
            containers: [{ name: "web", image: `nginx:1.${index}` }],
          },
        }),
      }),
    });
    return [
      { name: "patches", unit: "/s", value: result.perSecond, better: "higher" },
      { name: "p50", unit: "ms", value: result.p50Ms, better: "lower" },
      { name: "p99", unit: "ms", value: result.p99Ms, better: "lower" },
      { name: "server CPU", unit: "µs", value: result.cpuMicros, better: "lower" },
    ];
  },
  cleanUp: (target, stamp) => removeNamespace(target, namespaceOf(stamp)),
};
