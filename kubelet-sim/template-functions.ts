import { type Clock, timestamp } from "../component-base/clock.ts";
import type { TemplateFunctions } from "./go-template.ts";

interface TemplateContext {
  readonly clock: Clock;
  readonly host: (nodeName: string) => { readonly ip: string } | undefined;
  readonly podIp: (nodeName: string) => string | undefined;
}

/** What KWOK's stage templates may call for a pod. @see https://github.com/kubernetes-sigs/kwok/blob/v0.8.0/pkg/kwok/controllers/pod_controller.go */
export function templateFunctions(context: TemplateContext): TemplateFunctions {
  const listed = (value: string | undefined) => (value === undefined ? [] : [value]);
  const nodeIp = (nodeName: unknown) => context.host(String(nodeName))?.ip;
  return {
    Now: () => timestamp(context.clock),
    Version: () => "gatehouse",
    NodeIPWith: nodeIp,
    NodeIPsWith: (nodeName) => listed(nodeIp(nodeName)),
    PodIPWith: (nodeName) => context.podIp(String(nodeName)),
    PodIPsWith: (nodeName) => listed(context.podIp(String(nodeName))),
  };
}
