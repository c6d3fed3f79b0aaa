import type { Clock } from "../../component-base/clock.ts";
import { eventually } from "../harness/eventually.ts";
import type { HttpClient } from "./http.ts";
import { namespaces, pods, wire } from "./objects.ts";
import { pick, type Random, within } from "./random.ts";
import type { Door } from "./workload.ts";

const path = `/apis/apps/v1/namespaces/${namespaces.pods}/deployments`;
const timeoutMs = 6_000;
const mostReplicas = 24;

export interface DeploymentDeps {
  readonly http: HttpClient;
  readonly doors: readonly Door[];
  readonly random: Random;
  readonly clock: Clock;
}

/** Creates a Deployment, whatever it takes. */
export async function createDeployment({ http, doors, random }: DeploymentDeps): Promise<void> {
  const labels = { app: "web" };
  const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "nginx:1" }] } };
  const spec = { replicas: 4, selector: { matchLabels: labels }, template };
  const body = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec };
  await eventually(
    "the Deployment is there",
    async () => {
      const reply = await http.ask({ method: "POST", port: pick(random, doors).port, path, body, timeoutMs });
      return reply.kind === "answer" && (reply.code === 201 || reply.code === 409);
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );
}

/** Scales it up and down until the signal. */
export async function keepScaling(deps: DeploymentDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await scale(deps, Math.floor(deps.random() * (mostReplicas + 1)));
    await deps.clock.sleep(within(deps.random, { from: 800, to: 3_000 }), { signal }).catch(() => undefined);
  }
}

/** The number of Pods that is wanted in the end. */
export function lastReplicas(random: Random): number {
  return 5 + Math.floor(random() * (mostReplicas - 5));
}

/** Asks for so many and waits until exactly so many Pods run. @throws Error when they do not in time */
export async function settleDeployment(deps: DeploymentDeps, wanted: number): Promise<void> {
  const { http, doors, random } = deps;
  await eventually("the Deployment is scaled", () => scale(deps, wanted), { timeoutMs: 20_000 });
  await eventually(
    `${wanted} Pods run`,
    async () => {
      const port = pick(random, doors).port;
      const reply = await http.ask({ method: "GET", port, path: pods.path, timeoutMs });
      if (reply.kind !== "answer" || reply.code !== 200) return false;
      const items = wire(reply.body).items ?? [];
      return items.length === wanted && items.every(({ status }) => status?.phase === "Running");
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );
}

async function scale({ http, doors, random }: DeploymentDeps, replicas: number): Promise<boolean> {
  const contentType = "application/merge-patch+json";
  const body = { spec: { replicas } };
  const port = pick(random, doors).port;
  const reply = await http.ask({ method: "PATCH", port, path: `${path}/web`, contentType, body, timeoutMs });
  return reply.kind === "answer" && reply.code === 200;
}
