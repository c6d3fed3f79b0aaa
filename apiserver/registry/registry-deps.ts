import type { Kind } from "../../api/kind.ts";
import type { SchemaModel } from "../../api/schema/schema-model.ts";
import type { Clock } from "../../component-base/clock.ts";
import type { Logger } from "../../component-base/logger.ts";
import type { Admission } from "../admission/admission.ts";
import type { EscalationCheck, ReviewBackend } from "../auth/reviews.ts";
import type { ServiceAccountTokens } from "../auth/service-account-tokens.ts";
import type { Storage } from "../storage/storage.ts";
import type { BodySchema } from "./body-schema.ts";
import type { FieldManager } from "./managed-fields/field-manager.ts";
import type { Random } from "./random.ts";
import type { KubeletClient } from "./subresources/kubelet-client.ts";

/** What a registry is made of. */
export interface RegistryDeps {
  readonly kinds: readonly Kind[];
  readonly storage: Storage;
  /** `/registry`. */
  readonly etcdPrefix: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: Random;
  readonly admission: Admission;
  readonly schema: BodySchema;
  readonly schemaModel: SchemaModel;
  readonly fieldManager: FieldManager;
  /** Absent: everybody may do everything (tests of single kinds). */
  readonly reviews?: ReviewBackend;
  readonly escalation?: EscalationCheck;
  readonly tokens?: ServiceAccountTokens;
  /** Absent: logs of simulated kubelets cannot be had. */
  readonly kubelets?: KubeletClient;
  /** `10.96.0.0/16`. */
  readonly serviceClusterIpRange: string;
  readonly serviceNodePortRange: { readonly first: number; readonly last: number };
}
