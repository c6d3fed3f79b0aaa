import { setMaxListeners } from "node:events";
import { realClock } from "../../component-base/clock.ts";
import { eventually } from "../harness/eventually.ts";
import { checkHistory } from "./check-history.ts";
import { type RobustCluster, startCluster } from "./cluster.ts";
import { createDeployment, type DeploymentDeps, keepScaling, lastReplicas, settleDeployment } from "./deployment.ts";
import { runFaults } from "./faults.ts";
import { type Final, type History, isWrite, type Violation } from "./history.ts";
import { HttpClient } from "./http.ts";
import { Keeper } from "./keeper.ts";
import { namespaces, pods, registerName, registers, toSeen, wire } from "./objects.ts";
import { randomFor, within } from "./random.ts";
import { Recorder } from "./recorder.ts";
import { Reference } from "./reference.ts";
import { planFaults } from "./schedule.ts";
import { Timeline } from "./timeline.ts";
import { Watcher, type WatcherRow } from "./watcher.ts";
import { type Board, Client, type Door } from "./workload.ts";

export interface RunOptions {
  readonly seed: number;
  /** How long clients work; starting, healing and checking come on top. */
  readonly durationMs: number;
  /** When they may end earlier: a second after this says so. */
  readonly until?: () => boolean;
  /** Operations per second of all clients together, when nothing stands in their way. */
  readonly ratePerSecond: number;
  readonly faults: boolean;
  /** For how much of the end a Deployment is scaled up and down; 0: no Pods at all. */
  readonly podsMs: number;
  readonly clients?: number;
  readonly registers?: number;
  readonly say: (line: string) => void;
  /** Puts something between the clients and the gateways: how the suite itself is tested. */
  readonly between?: (cluster: RobustCluster) => Promise<{ doors: readonly Door[]; stop(): Promise<void> }>;
}

export interface RunResult {
  readonly history: History;
  readonly violations: readonly Violation[];
}

const clock = realClock;
// Everything that runs at once hangs on a few signals.
setMaxListeners(0);
/** After this time clients turn to fresh names, so that no key's history grows without end. */
const epochMs = 30_000;
const settleTimeoutMs = 30_000;
const callTimeoutMs = 6_000;

const watcherRows: readonly WatcherRow[] = [
  { resource: registers, begins: "list", pauseMs: 0, restarts: false },
  { resource: registers, begins: "list", pauseMs: 0, restarts: false },
  { resource: registers, group: "a", begins: "list", pauseMs: 0, restarts: false },
  { resource: registers, group: "b", begins: "initialEvents", pauseMs: 0, restarts: false },
  { resource: registers, begins: "initialEvents", pauseMs: 0, restarts: true },
  { resource: registers, begins: "list", pauseMs: 4_000, restarts: false },
  { resource: registers, begins: "list", pauseMs: 0, restarts: false, absentMs: 8_000 },
  // No other name begins with this one.
  { resource: registers, name: registerName(0, 5), begins: "list", pauseMs: 0, restarts: false },
  { resource: pods, begins: "list", pauseMs: 0, restarts: false },
];

/** One run of the suite: a cluster of its own, clients and faults for a time, healing, and all checks on what was recorded. */
export async function run(options: RunOptions): Promise<RunResult> {
  const { seed, say } = options;
  const random = (purpose: string) => randomFor(seed, purpose);
  const cluster = await startCluster({ members: 3, gateways: 2, random: random("links") });
  let keepFolder = true;
  const stopping = new AbortController();
  const reference = new Reference(cluster.members, cluster.etcdFiles);
  const http = new HttpClient({ ca: cluster.pki.ca, pair: cluster.admin });
  try {
    const recorder = new Recorder(() => clock.monotonicMs());
    const between = await options.between?.(cluster);
    const doors = between?.doors ?? cluster.gateways;
    await reference.start();
    await createNamespaces(http, cluster.gateways);
    const keeper = new Keeper({ clock, recorder });
    let withLoops = false;
    const kept = () => [...cluster.members, ...cluster.gateways, ...(withLoops ? cluster.loops : [])];
    const keeping = keeper.run(kept, stopping.signal);

    const watchers = watcherRows.map(
      (row, id) => new Watcher({ ...row, id, doors, http, recorder, clock, random: random(`watcher ${id}`) }),
    );
    const watching = watchers.map((watcher) => watcher.run(stopping.signal));
    const plan = options.faults
      ? planFaults(random("faults"), { durationMs: options.durationMs, members: 3, gateways: 2 })
      : [];
    const working = new AbortController();
    const ended = untilOver(options, stopping.signal).then(() => working.abort());
    const clients = runClients({ options, doors, http, recorder, signal: working.signal });
    const deployment = { http, doors: cluster.gateways, clock, random: random("deployment") };
    const startLoops = async () => {
      await cluster.startLoops();
      withLoops = true;
    };
    const scaling = options.podsMs === 0 ? undefined : runDeployment(options, startLoops, deployment, working.signal);
    const faulting = runFaults(plan, { cluster, keeper, reference, recorder, clock }, stopping.signal);
    await Promise.all([ended, faulting, clients, scaling]);

    const troubles = reference.disagreements;
    const recovered = <T>(what: Promise<T>) =>
      what.catch((error: unknown) => {
        troubles.push(error instanceof Error ? error.message : String(error));
        return undefined;
      });
    await recovered(Promise.all(cluster.gateways.map((gateway) => gateway.whenReady())));
    const allRun = () => kept().every((process) => process.running());
    await recovered(eventually("every process runs again", allRun, { everyMs: 20 }));
    const wantedPods = options.podsMs === 0 ? undefined : lastReplicas(random("replicas"));
    if (wantedPods !== undefined) await recovered(settleDeployment(deployment, wantedPods));
    withLoops = false;
    for (const loop of cluster.loops) loop.signal("SIGKILL");
    await recovered(settle(reference, watchers));
    const finals = [await recovered(reference.final())];
    for (const door of cluster.gateways) finals.push(await recovered(finalOf(http, door)));
    stopping.abort(new Error("the run is over"));
    await Promise.all([keeping, ...watching]);
    await between?.stop();

    const history: History = {
      seed,
      startRevision: reference.startRevision,
      compactedRevision: reference.compactedRevision,
      operations: recorder.operations,
      watches: recorder.watches,
      faults: recorder.faults,
      commits: reference.commits,
      finals: finals.filter((final) => final !== undefined),
      troubles,
      ...(wantedPods !== undefined && { wantedPods }),
    };
    const beganMs = clock.monotonicMs();
    const violations = checkHistory(history, { nowMs: () => clock.monotonicMs() });
    say(`${summary(history)}; checked in ${Math.round(clock.monotonicMs() - beganMs)} ms`);
    keepFolder = violations.length > 0;
    return { history, violations };
  } finally {
    stopping.abort(new Error("the run is over"));
    reference.stop();
    http.close();
    await cluster.stop({ keepFolder });
    if (keepFolder) say(`logs and data: ${cluster.folder}`);
  }
}

async function untilOver({ durationMs, until }: RunOptions, signal: AbortSignal): Promise<void> {
  const endMs = clock.monotonicMs() + durationMs;
  while (clock.monotonicMs() < endMs && until?.() !== true) {
    await clock.sleep(Math.min(200, endMs - clock.monotonicMs()), { signal });
  }
  if (until !== undefined) await clock.sleep(1_000, { signal });
}

async function createNamespaces(http: HttpClient, doors: readonly Door[]): Promise<void> {
  for (const name of Object.values(namespaces)) {
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    const port = doors[0]?.port ?? 0;
    const path = "/api/v1/namespaces";
    await eventually(
      `namespace ${name}`,
      async () => {
        const reply = await http.ask({ method: "POST", port, path, body, timeoutMs: callTimeoutMs });
        return reply.kind === "answer" && (reply.code === 201 || reply.code === 409);
      },
      { timeoutMs: 30_000 },
    );
    // A namespace is usable at a gateway once its cache holds it.
    for (const door of doors) {
      await http.ask({ method: "GET", port: door.port, path: `${path}/${name}`, timeoutMs: callTimeoutMs });
    }
  }
}

async function runClients(deps: {
  readonly options: RunOptions;
  readonly doors: readonly Door[];
  readonly http: HttpClient;
  readonly recorder: Recorder;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { options, doors, http, recorder, signal } = deps;
  const { seed, clients = 8, registers: count = 12, ratePerSecond } = options;
  const board: Board = { newest: new Map(), revision: 0 };
  const names = () => {
    const epoch = Math.floor(recorder.nowMs() / epochMs);
    return Array.from({ length: count }, (_, index) => registerName(epoch, index));
  };
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      const random = randomFor(seed, `client ${client}`);
      const one = new Client({ client, doors, http, recorder, random, board, names });
      while (!signal.aborted) {
        await one.step();
        const meanMs = (1_000 * clients) / ratePerSecond;
        await clock.sleep(within(random, { from: 0, to: 2 * meanMs }), { signal }).catch(() => undefined);
      }
    }),
  );
}

/** In the last part of the run Pods come and go, by components that reach their gateways directly. */
async function runDeployment(
  { durationMs, podsMs }: RunOptions,
  startLoops: () => Promise<void>,
  deps: DeploymentDeps,
  signal: AbortSignal,
): Promise<void> {
  await clock.sleep(durationMs - podsMs, { signal });
  await startLoops();
  await createDeployment(deps);
  await keepScaling(deps, signal);
}

/** Waits until nothing more is committed and every watcher has had what is there for it; those that have not fail the check. */
async function settle(reference: Reference, watchers: readonly Watcher[]): Promise<void> {
  await eventually(
    "the log of commits is whole",
    async () => {
      const before = reference.commits.length;
      const { revision } = await reference.anyRange({ key: "/registry/", countOnly: true });
      await clock.sleep(300, { signal: new AbortController().signal });
      return reference.reached() >= Number(revision) && reference.commits.length === before;
    },
    { timeoutMs: settleTimeoutMs },
  );
  const timeline = new Timeline(reference.commits);
  const behind = () =>
    watchers.filter(({ prefix, row, revision }) => {
      const last = timeline.events(prefix, row.group).at(-1);
      return revision < (last?.revision ?? 0);
    });
  const caughtUp = eventually("every watcher has caught up", () => behind().length === 0, {
    timeoutMs: settleTimeoutMs,
    everyMs: 200,
  });
  await caughtUp.catch(() => undefined);
}

async function finalOf(http: HttpClient, { name, port }: Door): Promise<Final> {
  return await eventually(
    `a last list of ${name}`,
    async () => {
      const items: Final["items"][number][] = [];
      let revision = 0;
      for (const { path, prefix } of [registers, pods]) {
        const reply = await http.ask({ method: "GET", port, path, timeoutMs: callTimeoutMs });
        if (reply.kind !== "answer" || reply.code !== 200) return undefined;
        const body = wire(reply.body);
        revision = Number(body.metadata?.resourceVersion);
        items.push(...(body.items ?? []).map((item) => toSeen(prefix, item)));
      }
      return { kind: "final" as const, from: name, revision, items };
    },
    { timeoutMs: settleTimeoutMs },
  );
}

/** `4,812 operations (4,100 ok, …), 612 commits, 3,300 watch events, 14 faults`. */
export function summary({ operations, commits, watches, faults }: History): string {
  const counts = new Map<string, number>();
  for (const { outcome } of operations) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const outcomes = [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(", ");
  const events = watches.filter(({ what }) => "seen" in what).length;
  const bookmarks = watches.filter(({ what }) => what.type === "BOOKMARK").length;
  const expired = watches.filter(({ what }) => what.type === "expired").length;
  return [
    `${operations.length} operations (${outcomes})`,
    `${commits.length} commits`,
    `${events} watch events, ${bookmarks} bookmarks, ${expired} expired`,
    `${faults.length} faults`,
    `${(longestSilenceMs(operations) / 1_000).toFixed(1)} s at most without an acknowledged write`,
  ].join("; ");
}

function longestSilenceMs(operations: History["operations"]): number {
  let longestMs = 0;
  let lastMs = 0;
  for (const operation of operations) {
    if (operation.outcome !== "ok" || !isWrite(operation)) continue;
    longestMs = Math.max(longestMs, operation.returnMs - lastMs);
    lastMs = operation.returnMs;
  }
  return longestMs;
}
