import { load } from "../load.ts";
import { makeNamespace, podJson, removeNamespace } from "../objects.ts";
import type { Figure, TargetQuestion } from "../question.ts";

/** How quickly are Pods created, one at a time and 64 in flight? */
export const podCreate: TargetQuestion = {
  name: "pod-create",
  help: "Pod creates, 1 and 64 in flight",
  async run(target, { stamp, round }) {
    const namespace = `bench-create-${stamp}-${round}`;
    await makeNamespace(target, namespace);
    const figures: Figure[] = [];
    for (const [inFlight, operations] of [
      [1, 500],
      [64, 4000],
    ] as const) {
      const result = await load(target, {
        operations,
        inFlight,
        request: (index) => ({
          method: "POST",
          path: `/api/v1/namespaces/${namespace}/pods`,
          body: podJson({ namespace, name: `c${inFlight}-${index}` }),
        }),
      });
      figures.push(
        { name: `creates, ${inFlight} in flight`, unit: "/s", value: result.perSecond, better: "higher" },
        { name: `p50, ${inFlight} in flight`, unit: "ms", value: result.p50Ms, better: "lower" },
        { name: `p99, ${inFlight} in flight`, unit: "ms", value: result.p99Ms, better: "lower" },
        { name: `server CPU, ${inFlight} in flight`, unit: "µs", value: result.cpuMicros, better: "lower" },
      );
    }
    await removeNamespace(target, namespace);
    return figures;
  },
};
