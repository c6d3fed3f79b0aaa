import type { Pod, PodTemplateSpec } from "../../api/generated/types.ts";
import type { OwnerReference } from "../../api/meta.ts";

/** A Pod to create from its owner's template; the server completes its name. */
export function podFromTemplate(
  template: Readonly<PodTemplateSpec>,
  options: { readonly namespace: string; readonly ownerName: string; readonly controllerRef: OwnerReference },
): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: `${options.ownerName}-`,
      namespace: options.namespace,
      ...(labels !== undefined && { labels }),
      ...(annotations !== undefined && { annotations }),
      ...(finalizers !== undefined && { finalizers }),
      ownerReferences: [options.controllerRef],
    },
    ...(template.spec !== undefined && { spec: template.spec }),
  };
}
