import type { Binding, Pod } from "../../../api/generated/types.ts";
import { kinds } from "../../../api/kinds.ts";
import { badRequest, conflict, failure } from "../../../api/status.ts";
import { timestamp } from "../../../component-base/clock.ts";
import type { RequestContext } from "../../http/request-context.ts";
import { decodeBody } from "../decode-body.ts";
import type { AnyObject, Resource } from "../resource.ts";
import type { DecodedBody, SubresourceAnswer, SubresourceStore, WriteOptions } from "../store.ts";
import { writeExisting } from "../write-existing.ts";
import { created } from "./success.ts";

/** `pods/binding`: sends a Pod to a node, once. */
export function bindingStore(pods: Resource): SubresourceStore {
  return {
    create: (ctx, name, body, options) => bind(pods, ctx, body, { ...options, podName: name }),
  };
}

/**
 * @param options.podName - from the URL; empty: the Binding's own name says it (`POST …/bindings`)
 * @throws StatusError
 */
export async function bind(
  pods: Resource,
  ctx: RequestContext,
  body: DecodedBody,
  options: WriteOptions & { podName: string },
): Promise<SubresourceAnswer> {
  const { schema } = pods;
  const { fieldValidation } = options;
  const binding = (await decodeBody(body, {
    kind: kinds.bindings,
    schema,
    ctx,
    fieldValidation,
  })) as unknown as Binding;
  const name = podNameOf(binding, options.podName);
  refuseInvalid(binding);
  const next = (current: Readonly<AnyObject>) => bound(pods, current as Readonly<Pod>, binding);
  await writeExisting(pods, ctx, { name, subresource: "binding", verb: "update", derived: true, next }, options);
  return created();
}

function podNameOf(binding: Binding, fromUrl: string): string {
  const name = binding.metadata?.name ?? "";
  if (fromUrl === "") {
    if (name === "") throw badRequest("name is required");
    return name;
  }
  if (name !== fromUrl) throw badRequest("name in URL does not match name in Binding object");
  return fromUrl;
}

function refuseInvalid({ target }: Binding): void {
  const texts: string[] = [];
  const kind = target?.kind ?? "";
  if (kind !== "" && kind !== "Node") {
    texts.push(`target.kind: Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`);
  }
  if (!target?.name) texts.push("target.name: Required value");
  if (texts.length > 0) throw badRequest(texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`);
}

function bound(pods: Resource, pod: Readonly<Pod>, binding: Binding): AnyObject {
  const name = pod.metadata?.name ?? "";
  const refuse = (text: string) => conflict({ group: "", resource: "pods/binding" }, name, text);
  const { uid, resourceVersion, annotations, labels } = binding.metadata ?? {};
  if (uid && uid !== pod.metadata?.uid) {
    throw refuse(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata?.uid}`);
  }
  if (resourceVersion && resourceVersion !== pod.metadata?.resourceVersion) {
    throw refuse(
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${pod.metadata?.resourceVersion}`,
    );
  }
  if (pod.metadata?.deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec?.nodeName) throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  if ((pod.spec?.schedulingGates ?? []).length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  if (pod.spec === undefined) throw failure({ code: 500, reason: "InternalError", message: `pod ${name} has no spec` });
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...((pod.metadata?.labels || labels) && { labels: { ...pod.metadata?.labels, ...labels } }),
      ...((pod.metadata?.annotations || annotations) && {
        annotations: { ...pod.metadata?.annotations, ...annotations },
      }),
    },
    spec: { ...pod.spec, nodeName: binding.target.name ?? "" },
    status: { ...pod.status, conditions: withScheduled(pods, pod) },
  };
}

function withScheduled({ clock }: Resource, pod: Readonly<Pod>) {
  const scheduled = { type: "PodScheduled", status: "True", lastProbeTime: null, lastTransitionTime: timestamp(clock) };
  const conditions = pod.status?.conditions ?? [];
  const present = conditions.findIndex(({ type }) => type === "PodScheduled");
  if (present < 0) return [...conditions, scheduled];
  return conditions.map((condition, index) => (index === present ? scheduled : condition));
}
