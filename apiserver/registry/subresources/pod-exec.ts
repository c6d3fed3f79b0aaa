import type { Pod } from "../../../api/generated/types.ts";
import { badRequest, failure } from "../../../api/status.ts";
import { truthy } from "../../http/request-info.ts";
import { get } from "../read/get.ts";
import type { RegistryDeps } from "../registry-deps.ts";
import { objectNamespace, type Resource } from "../resource.ts";
import type { SubresourceStore } from "../store.ts";
import { kubeletAddress, unreachable } from "./kubelet-address.ts";
import { readOf } from "./whole-object.ts";

/** The streams as clients name them, and as kubelets do. */
const streams = { stdin: "input", stdout: "output", stderr: "error", tty: "tty" } as const;

/** `pods/exec`: a program run in a container, by its node's kubelet. @see k8s.io/kubernetes v1.36.0 pkg/registry/core/pod/strategy.go */
export function podExecStore(pods: Resource, deps: RegistryDeps): SubresourceStore {
  return {
    async connect(ctx, name, query) {
      const pod = (await get(pods, ctx, name, readOf(new URLSearchParams()))).object as Readonly<Pod>;
      const container = containerOf(pod, query.get("container") ?? "");
      const nodeName = pod.spec?.nodeName;
      if (!nodeName) throw badRequest(`pod ${name} does not have a host assigned`);
      const address = await kubeletAddress(deps, ctx, nodeName);
      const wanted = new URLSearchParams();
      for (const [theirs, kubelets] of Object.entries(streams))
        if (truthy(query.get(theirs))) wanted.set(kubelets, "1");
      for (const word of query.getAll("command")) wanted.append("command", word);
      const parts = [objectNamespace(pods, ctx), name, container].map(encodeURIComponent);
      const path = `/exec/${parts.join("/")}?${wanted}`;
      return {
        kind: "tunnel",
        async open(headers, { signal }) {
          if (deps.kubelets === undefined) throw unreachable(`node ${nodeName} runs no programs`);
          try {
            return await deps.kubelets.upgrade(address, path, { headers, signal });
          } catch (cause) {
            const why = cause instanceof Error ? cause.message : String(cause);
            const message = `error dialing backend: dial tcp ${address.host}:${address.port}: ${why}`;
            throw failure({ code: 500, reason: "", message, cause });
          }
        },
      };
    },
  };
}

function containerOf(pod: Readonly<Pod>, asked: string): string {
  const name = pod.metadata?.name ?? "";
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const all = [...initContainers, ...containers, ...ephemeralContainers].map((container) => container.name);
  if (asked !== "") {
    if (all.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const byDefault = pod.metadata?.annotations?.["kubectl.kubernetes.io/default-container"];
  if (byDefault !== undefined && all.includes(byDefault)) return byDefault;
  const [only] = containers;
  if (only !== undefined && all.length === 1) return only.name;
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${all.join(" ")}]`);
}
