import { createRestClient } from "../client/create-rest-client.ts";
import { loadKubeconfig } from "../client/kubeconfig.ts";
import { realClock } from "../component-base/clock.ts";
import { silentLogger } from "../component-base/logger.ts";
import { UserError } from "./user-error.ts";

/** One step of a chain: what happened, and what came of it. Answer of `GET /gatehouse/v1/trace`. */
export interface TraceStep {
  /** Milliseconds since the first step. */
  readonly atMs: number;
  /** Who: `kubectl`, `scheduler`, … */
  readonly actor: string;
  /** What: `create pods/default/web`. */
  readonly action: string;
  /** etcd revision that it made, or that it was told of. */
  readonly revision?: string;
  readonly children: readonly TraceStep[];
}

/**
 * `gatehouse trace pod/web`: asks the gateway's flight recorder and prints the chain as a tree.
 * @returns the exit code
 */
export async function trace(options: {
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly args: readonly string[];
}): Promise<number> {
  const [, kind, name] = /^([^/]+)\/([^/]+)$/.exec(options.args[0] ?? "") ?? [];
  if (kind === undefined || name === undefined || options.args.length > 1) {
    throw new UserError("trace takes one object as KIND/NAME, like pod/web");
  }
  const client = createRestClient(
    { ...loadKubeconfig(options.kubeconfig), userAgent: "gatehouse-trace" },
    { clock: realClock, log: silentLogger },
  );
  const object = `${encodeURIComponent(kind)}/${encodeURIComponent(options.namespace)}/${encodeURIComponent(name)}`;
  try {
    const answer = await client.raw("GET", `/gatehouse/v1/trace?object=${object}`, {
      signal: AbortSignal.timeout(10_000),
    });
    console.log(renderTrace((answer as { readonly steps: readonly TraceStep[] }).steps));
  } finally {
    await client.close();
  }
  return 0;
}

/** Steps as a tree, with times and revisions in columns at the left. */
export function renderTrace(steps: readonly TraceStep[]): string {
  return steps.flatMap((step) => lines(step, "", "")).join("\n");
}

function lines(step: TraceStep, branch: string, indent: string): string[] {
  const revision = step.revision === undefined ? "" : `rev ${step.revision}`;
  const head = `${`+${step.atMs.toFixed(1)} ms`.padStart(12)}  ${revision.padEnd(10)}  ${branch}${step.actor}: ${step.action}`;
  const children = step.children.flatMap((child, index) => {
    const last = index === step.children.length - 1;
    return lines(child, `${indent}${last ? "└─ " : "├─ "}`, `${indent}${last ? "   " : "│  "}`);
  });
  return [head, ...children];
}
