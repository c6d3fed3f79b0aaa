import type { Trace, TraceStep } from "../apiserver/recorder/trace.ts";
import { ConnectionError } from "../client/connection-error.ts";
import { createRestClient } from "../client/create-rest-client.ts";
import { loadKubeconfig } from "../client/kubeconfig.ts";
import { realClock } from "../component-base/clock.ts";
import { silentLogger } from "../component-base/logger.ts";
import { UsageError, UserError } from "./user-error.ts";

/**
 * `gatehouse trace pod/web`: asks the gateway's flight recorder and prints the chain of causes as a tree.
 * @returns the exit code
 */
export async function trace(options: {
  readonly kubeconfig: () => string;
  readonly namespace: string;
  readonly args: readonly string[];
}): Promise<number> {
  const [, kind, name] = /^([^/]+)\/([^/]+)$/.exec(options.args[0] ?? "") ?? [];
  if (kind === undefined || name === undefined || options.args.length > 1) {
    throw new UsageError("trace takes one object as KIND/NAME, like pod/web");
  }
  const config = loadKubeconfig(options.kubeconfig());
  const client = createRestClient({ ...config, userAgent: "gatehouse-trace" }, { clock: realClock, log: silentLogger });
  const object = encodeURIComponent(`${kind}/${options.namespace}/${name}`);
  try {
    const answer = await client.raw("GET", `/gatehouse/v1/trace?object=${object}`, {
      signal: AbortSignal.timeout(10_000),
    });
    console.log(renderTrace(answer as Trace));
  } catch (error) {
    if (!(error instanceof ConnectionError) || error.code !== "refused") throw error;
    throw new UserError(`nothing answers at ${config.server}: is the control plane running?`, { cause: error });
  } finally {
    await client.close();
  }
  return 0;
}

/** Each step under the step that caused it, with times and revisions in columns at the left. */
export function renderTrace(story: Trace): string {
  const effects = new Map<string, TraceStep[]>();
  for (const step of story.steps) {
    const cause = step.cause ?? "";
    effects.set(cause, [...(effects.get(cause) ?? []), step]);
  }
  const branch = (step: TraceStep, elbow: string, indent: string): string[] => {
    const below = effects.get(step.revision) ?? [];
    const bar = below.length > 0 ? "│  " : "   ";
    return [
      line(`+${startOf(step).toFixed(1)} ms`, `rev ${step.revision}`, `${elbow}${headline(step)}`),
      ...detail(step).map((text) => line("", "", `${indent}${bar}${text}`)),
      ...below.flatMap((effect, index) =>
        index === below.length - 1
          ? branch(effect, `${indent}└─ `, `${indent}   `)
          : branch(effect, `${indent}├─ `, `${indent}│  `),
      ),
    ];
  };
  const roots = effects.get("") ?? [];
  return [`since ${story.startedAt}`, ...roots.flatMap((step) => branch(step, "", ""))].join("\n");
}

function line(time: string, revision: string, text: string): string {
  return `${time.padStart(13)}  ${revision.padEnd(10)}  ${text}`.trimEnd();
}

function startOf(step: TraceStep): number {
  return step.request?.startMs ?? step.etcd.sentMs;
}

/** `kube-scheduler (system:kube-scheduler) create …/pods/web/binding → 201`. */
function headline(step: TraceStep): string {
  const { request } = step;
  if (step.foreign === true) return `somebody else, not through this gateway: ${step.operation} ${step.storageKey}`;
  if (request === undefined) return `${step.operation} ${step.storageKey}`;
  return `${actor(request)} ${request.verb} ${request.path} → ${request.code}`;
}

function detail(step: TraceStep): string[] {
  const etcdMs = (step.etcd.answeredMs - step.etcd.sentMs).toFixed(1);
  const took =
    step.request === undefined ? "" : `${(step.request.endMs - step.request.startMs).toFixed(1)} ms in all, `;
  const wrote = `${took}${etcdMs} ms of it in etcd: ${step.operation} ${step.storageKey}`;
  const told = step.told.map((watcher) => `${agent(watcher.userAgent)} +${watcher.atMs.toFixed(1)} ms`);
  const lines = step.foreign === true ? [] : [wrote];
  return told.length === 0 ? lines : [...lines, `told ${told.join(", ")}`];
}

function actor(sender: { readonly user: string; readonly userAgent: string }): string {
  return `${agent(sender.userAgent)} (${sender.user})`;
}

function agent(userAgent: string): string {
  return userAgent.split("/")[0] || "someone";
}
