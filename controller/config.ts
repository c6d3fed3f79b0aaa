import type { ConfigOf } from "../component-base/flags.ts";
import { controllerFlags } from "./flags.ts";

/** All that can be set about the process. */
export type ControllerProcessConfig = ConfigOf<typeof controllerFlags>;

/** What a controller may look at: the flags, and the certificate that `rootCaFile` names. */
export interface ControllerConfig extends ControllerProcessConfig {
  /** PEM; empty: there is none to publish. */
  readonly rootCa: string;
}

/** Every flag's default. */
export function defaultControllerConfig(): ControllerProcessConfig {
  const defaults = Object.entries(controllerFlags).map(([field, flag]) => [field, flag.default]);
  return Object.fromEntries(defaults) as ControllerProcessConfig;
}
