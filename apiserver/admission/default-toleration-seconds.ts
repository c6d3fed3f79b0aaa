import type { Pod, Toleration } from "../../api/generated/types.ts";
import type { AdmissionPlugin } from "./admission.ts";

const toleratedSeconds = 300;
const keys = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] as const;

/**
 * A Pod outlives its node's trouble by five minutes, unless it says otherwise.
 * @see k8s.io/kubernetes v1.36.0 plugin/pkg/admission/defaulttolerationseconds/admission.go
 */
export function defaultTolerationSeconds(): AdmissionPlugin {
  return {
    name: "DefaultTolerationSeconds",
    handles: ({ kind, operation, subresource }) =>
      kind.kind === "Pod" &&
      kind.group === "" &&
      subresource === "" &&
      (operation === "CREATE" || operation === "UPDATE"),
    admit({ object }) {
      const { spec } = object as Pod;
      if (spec === undefined) return undefined;
      const present = spec.tolerations ?? [];
      const missing = keys.filter((key) => !present.some((toleration) => tolerates(toleration, key)));
      if (missing.length > 0) spec.tolerations = [...present, ...missing.map(forKey)];
      return undefined;
    },
  };
}

const tolerates = ({ key = "", effect = "" }: Toleration, taint: string) =>
  (key === taint || key === "") && (effect === "NoExecute" || effect === "");

const forKey = (key: string): Toleration => ({
  key,
  operator: "Exists",
  effect: "NoExecute",
  tolerationSeconds: toleratedSeconds,
});
