import type { Target } from "./target.ts";

/** The Pod that all questions create: one container, about what `kubectl run` makes of an image with resources. */
export function podJson(options: { namespace: string; name: string; nodeName?: string }): string {
  const { namespace, name, nodeName } = options;
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { app: "bench", tier: "web", "pod-template-hash": "5d4f8c7b9" } },
    spec: {
      containers: [
        {
          name: "web",
          image: "nginx:1.27",
          ports: [{ containerPort: 80, name: "http", protocol: "TCP" }],
          env: [
            { name: "MODE", value: "bench" },
            { name: "LOG_LEVEL", value: "info" },
          ],
          resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "100m", memory: "64Mi" } },
        },
      ],
      ...(nodeName !== undefined && { nodeName }),
    },
  });
}

/** A namespace with its `default` ServiceAccount, also where no controller makes one. */
export async function makeNamespace(target: Target, name: string): Promise<void> {
  const body = JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  await target.request("POST", "/api/v1/namespaces", { body, accept: [201, 409] });
  const account = JSON.stringify({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } });
  await target.request("POST", `/api/v1/namespaces/${name}/serviceaccounts`, { body: account, accept: [201, 409] });
}

/** Removes the Pods at once, and the namespace too; its controller may be absent. */
export async function removeNamespace(target: Target, name: string): Promise<void> {
  const body = JSON.stringify({ gracePeriodSeconds: 0 });
  await target.request("DELETE", `/api/v1/namespaces/${name}/pods`, { body });
  await target.request("DELETE", `/api/v1/namespaces/${name}`, { accept: [200, 202, 404, 409] });
}

export async function createPods(target: Target, namespace: string, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `pod-${String(index).padStart(6, "0")}`);
  let next = 0;
  const worker = async () => {
    for (let name = names[next++]; name !== undefined; name = names[next++]) {
      await target.request("POST", `/api/v1/namespaces/${namespace}/pods`, { body: podJson({ namespace, name }) });
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  return names;
}
