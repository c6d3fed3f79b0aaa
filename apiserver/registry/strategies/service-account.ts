import type { ServiceAccount } from "../../../api/generated/types.ts";
import type { Strategy } from "../strategy.ts";

const mountable = "kubernetes.io/enforce-mountable-secrets";

/** @see kubernetes v1.36.3 pkg/api/serviceaccount/warnings.go */
export const serviceAccountStrategy: Strategy<ServiceAccount> = {
  warnings: ({ metadata }, old) =>
    metadata?.annotations?.[mountable] !== undefined && old?.metadata?.annotations?.[mountable] === undefined
      ? [
          `metadata.annotations[${mountable}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
        ]
      : [],
};
