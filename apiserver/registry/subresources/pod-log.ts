import { forbiddenField, invalidValue } from "../../../api/field-errors.ts";
import type { Pod } from "../../../api/generated/types.ts";
import { badRequest, failure, invalid } from "../../../api/status.ts";
import type { RequestContext } from "../../http/request-context.ts";
import { get } from "../read/get.ts";
import type { RegistryDeps } from "../registry-deps.ts";
import { objectNamespace, type Resource } from "../resource.ts";
import type { SubresourceAnswer, SubresourceStore } from "../store.ts";
import { kubeletAddress, unreachable } from "./kubelet-address.ts";
import type { KubeletAddress, KubeletClient } from "./kubelet-client.ts";
import { readOf } from "./whole-object.ts";

const passedOn = ["follow", "previous", "sinceSeconds", "sinceTime", "timestamps", "tailLines", "limitBytes", "stream"];

/** `pods/log`: what a container has written, read from its node's kubelet. */
export function podLogStore(pods: Resource, deps: RegistryDeps): SubresourceStore {
  return {
    async get(ctx, name, query) {
      const pod = (await get(pods, ctx, name, readOf(new URLSearchParams()))).object as Readonly<Pod>;
      const container = containerOf(pod, query.get("container") ?? "");
      refuseInvalid(name, query);
      const nodeName = pod.spec?.nodeName;
      if (!nodeName) return { kind: "nothing" };
      const address = await kubeletAddress(deps, ctx, nodeName);
      const wanted = new URLSearchParams();
      for (const key of passedOn) {
        const value = query.get(key);
        if (value !== null) wanted.set(key, value);
      }
      const parts = [objectNamespace(pods, ctx), name, container].map(encodeURIComponent);
      return fetchLog(deps, { ctx, address, path: `/containerLogs/${parts.join("/")}?${wanted}`, nodeName });
    },
  };
}

function containerOf(pod: Readonly<Pod>, asked: string): string {
  const name = pod.metadata?.name ?? "";
  const containers = (pod.spec?.containers ?? []).map((container) => container.name);
  const initContainers = (pod.spec?.initContainers ?? []).map((container) => container.name);
  if (asked === "") {
    const byDefault = pod.metadata?.annotations?.["kubectl.kubernetes.io/default-container"];
    if (byDefault !== undefined && containers.includes(byDefault)) return byDefault;
    const [only] = containers;
    if (containers.length === 1 && only !== undefined) return only;
    const choice = `a container name must be specified for pod ${name}, choose one of: [${containers.join(" ")}]`;
    throw badRequest(
      initContainers.length === 0 ? choice : `${choice} or one of the init containers: [${initContainers.join(" ")}]`,
    );
  }
  if ([...containers, ...initContainers].includes(asked)) return asked;
  throw badRequest(`container ${asked} is not valid for pod ${name}`);
}

function refuseInvalid(name: string, query: URLSearchParams): void {
  const errors = [];
  if (query.has("sinceSeconds") && query.has("sinceTime")) {
    errors.push(forbiddenField("", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
  }
  const tailLines = query.get("tailLines");
  if (tailLines !== null && Number(tailLines) < 0) {
    errors.push(invalidValue("tailLines", Number(tailLines), "must be greater than or equal to 0"));
  }
  if (errors.length > 0) throw invalid({ group: "", kind: "PodLogOptions" }, name, errors);
}

interface LogRequest {
  readonly ctx: RequestContext;
  readonly address: KubeletAddress;
  readonly path: string;
  readonly nodeName: string;
}

async function fetchLog(deps: RegistryDeps, { ctx, address, path, nodeName }: LogRequest): Promise<SubresourceAnswer> {
  if (deps.kubelets === undefined) throw unreachable(`node ${nodeName} serves no logs`);
  let answer: Awaited<ReturnType<KubeletClient["get"]>>;
  try {
    answer = await deps.kubelets.get(address, path, { signal: ctx.signal });
  } catch (error) {
    throw unreachable(`Get "http://${address.host}:${address.port}${path}": the kubelet cannot be reached`, error);
  }
  if (answer.status === 200) return { kind: "text", body: answer.body, contentType: "text/plain" };
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8").trim();
  if (answer.status === 400) throw badRequest(text);
  throw failure({
    code: answer.status === 404 ? 404 : 502,
    reason: answer.status === 404 ? "NotFound" : "InternalError",
    message: text,
  });
}
