import type { Kind } from "../../api/kind.ts";
import type { ApiObject } from "../../api/meta.ts";
import type { RequestContext } from "../http/request-context.ts";

export type AdmissionOperation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

/** What is about to happen. */
export interface AdmissionAttributes {
  readonly operation: AdmissionOperation;
  readonly kind: Kind;
  /** Empty for the object itself. */
  readonly subresource: string;
  readonly namespace: string;
  /** Empty while generateName has not been resolved. */
  readonly name: string;
  readonly dryRun: boolean;
  readonly ctx: RequestContext;
  /** The new object, to be changed in place by `admit`. Absent for DELETE and CONNECT. */
  readonly object?: ApiObject;
  readonly oldObject?: Readonly<ApiObject>;
}

/** One rule about what may enter. It throws a StatusError to refuse. */
export interface AdmissionPlugin {
  readonly name: string;
  /** Asked once per kind, operation and subresource; the answer must never change. */
  handles(request: { kind: Kind; operation: AdmissionOperation; subresource: string }): boolean;
  /** Runs before validation; may change the object. Returns a promise only when it must wait. */
  admit?(attributes: AdmissionAttributes): undefined | Promise<void>;
  /** Runs after validation; must not change anything. */
  validate?(attributes: AdmissionAttributes): undefined | Promise<void>;
}

/** All plugins in their order. Both return a promise only if a plugin had to wait: usually memory answers. */
export interface Admission {
  admit(attributes: AdmissionAttributes): undefined | Promise<void>;
  validate(attributes: AdmissionAttributes): undefined | Promise<void>;
}

/** The plugins run in the order given. @see k8s.io/kubernetes v1.36.0 pkg/kubeapiserver/options/plugins.go */
export function createAdmission(plugins: readonly AdmissionPlugin[]): Admission {
  const chosen = new Map<string, readonly AdmissionPlugin[]>();
  const pluginsFor = ({ kind, operation, subresource }: AdmissionAttributes) => {
    const key = `${operation} ${kind.apiVersion}/${kind.plural}/${subresource}`;
    let list = chosen.get(key);
    if (list === undefined) {
      list = plugins.filter((plugin) => plugin.handles({ kind, operation, subresource }));
      chosen.set(key, list);
    }
    return list;
  };
  return {
    admit: (attributes) => run(pluginsFor(attributes), "admit", attributes),
    validate: (attributes) => run(pluginsFor(attributes), "validate", attributes),
  };
}

function run(
  plugins: readonly AdmissionPlugin[],
  phase: "admit" | "validate",
  attributes: AdmissionAttributes,
): undefined | Promise<void> {
  for (let index = 0; index < plugins.length; index++) {
    const waiting = plugins[index]?.[phase]?.(attributes);
    if (waiting === undefined) continue;
    const rest = plugins.slice(index + 1);
    return waiting.then(() => run(rest, phase, attributes));
  }
  return undefined;
}
