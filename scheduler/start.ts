import { hostname } from "node:os";
import { nodes as nodeKind } from "../api/core/v1/node.ts";
import { pods as podKind } from "../api/core/v1/pod.ts";
import { createRestClient } from "../client/create-rest-client.ts";
import { createElection } from "../client/election.ts";
import { loadKubeconfig } from "../client/kubeconfig.ts";
import type { RestClient } from "../client/rest-client.ts";
import { createSeriesEventRecorder } from "../client/series-event-recorder.ts";
import { createInformer } from "../client/shared-informer.ts";
import type { Clock } from "../component-base/clock.ts";
import type { Logger } from "../component-base/logger.ts";
import type { Running } from "../component-base/running.ts";
import { SchedulerCache } from "./cache.ts";
import { DecisionRecords } from "./decision-records.ts";
import { defaultProfile } from "./default-profile.ts";
import { nodeHandler, podHandler } from "./event-handlers.ts";
import { evict } from "./evictor.ts";
import { defaultSchedulerConfig, type SchedulerConfig } from "./flags.ts";
import { NodeTable } from "./node-table.ts";
import { Nominator } from "./nominator.ts";
import { PodStatusWriter } from "./pod-status-writer.ts";
import { createFramework, type Profile } from "./profile.ts";
import { Scheduler } from "./scheduler.ts";
import { SchedulingQueue } from "./scheduling-queue.ts";
import { trimNode, trimPod } from "./watched-objects.ts";

export interface SchedulerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Uniform in [0, 1); for ties between nodes and for jitter. Default: the runtime's. */
  readonly random?: () => number;
}

export type SchedulerSettings = Partial<SchedulerConfig> &
  Pick<SchedulerConfig, "kubeconfig"> & {
    /** The schedulers that run here, made from the default one; all must have the same QueueSort. Default: that one. */
    readonly profiles?: (standard: Profile) => readonly [Profile, ...Profile[]];
  };

/** A running scheduler, which can be asked about its decisions. */
export interface RunningScheduler extends Running {
  readonly records: DecisionRecords;
}

const userAgent = "kube-scheduler/gatehouse";
/** Connections for everything but bindings. */
const otherCalls = 12;

/**
 * Starts the scheduler; settings that are absent have their flags' defaults. Resolves when its caches are filled and it
 * schedules or, with leader election, has begun to try for the lease: a standby's caches are warm.
 * @throws Error when the kubeconfig cannot be read or a profile makes no sense
 */
export async function startScheduler(settings: SchedulerSettings, deps: SchedulerDeps): Promise<RunningScheduler> {
  const config = { ...defaultSchedulerConfig(), ...settings };
  const server = loadKubeconfig(config.kubeconfig);
  const connections = config.parallelBindings + otherCalls;
  const election = createElection(
    { lease: "kube-scheduler", eventSource: "default-scheduler", server: { ...server, userAgent }, config },
    deps,
  );
  const client = createRestClient({ ...server, userAgent, connections }, { ...deps, ...election.fence });
  const stop = new AbortController();
  const { signal } = stop;
  const parts = buildScheduler({ config, settings, client, deps, signal });
  const synced = parts.whenSynced({ signal });
  const work = synced.then(() => election.run({ signal, lead: parts.run }));
  const background = parts.background.map((run) => run({ signal }));
  const done = Promise.all([work, ...background])
    .then(() => undefined)
    .catch((error: unknown) => {
      // Being stopped before the caches are filled is no failure.
      if (signal.aborted) return;
      stop.abort(error);
      throw error;
    })
    .finally(() => client.close());
  await Promise.race([synced, done]);
  return {
    done,
    records: parts.records,
    async stop() {
      stop.abort(new Error("the scheduler is being stopped"));
      await done;
    },
  };
}

type Run = (options: { signal: AbortSignal }) => Promise<void>;

interface Parts {
  readonly records: DecisionRecords;
  /** Runs from the start. */
  readonly background: readonly Run[];
  /** Runs while leading. */
  readonly run: Run;
  readonly whenSynced: Run;
}

function buildScheduler(options: {
  config: SchedulerConfig;
  settings: SchedulerSettings;
  client: RestClient;
  deps: SchedulerDeps;
  signal: AbortSignal;
}): Parts {
  const { config, settings, client, deps, signal } = options;
  const { clock, log, random = Math.random } = deps;
  const podInformer = createInformer(
    { kind: podKind, fieldSelector: "status.phase!=Succeeded,status.phase!=Failed", transform: trimPod },
    { client, ...deps },
  );
  const nodeInformer = createInformer({ kind: nodeKind, transform: trimNode }, { client, ...deps });
  const seenRevision = () => podInformer.lastSeenRevision;

  const nominator = new Nominator();
  const controller = "default-scheduler";
  const events = createSeriesEventRecorder(
    { controller, instance: `${controller}-${hostname()}` },
    { client, ...deps },
  );
  const evictorDeps = { client, events, nominator, clock, log, signal, seenRevision };
  const standard: Profile = {
    ...defaultProfile({
      client,
      clock,
      seenRevision,
      random,
      evict: (pod, candidate, settled) => void evict(pod, candidate, evictorDeps).finally(settled),
    }),
    percentageOfNodesToScore: config.percentageOfNodesToScore,
  };
  const frameworks = (settings.profiles?.(standard) ?? [standard]).map(createFramework);
  const [main] = frameworks;
  if (main === undefined) throw new Error("at least one profile is needed");
  const byName = new Map(frameworks.map((framework) => [framework.schedulerName, framework]));
  const queue = new SchedulingQueue({
    less: main.less,
    preEnqueue: (pod) => byName.get(pod.schedulerName)?.preEnqueue(pod),
    hints: new Map(frameworks.flatMap((framework) => [...framework.hints])),
    initialBackoffMs: config.podInitialBackoffSeconds * 1000,
    maxBackoffMs: config.podMaxBackoffSeconds * 1000,
    maxUnschedulableMs: config.podMaxInUnschedulablePodsDurationMs,
    clock,
  });
  const nodes = new NodeTable();
  const cache = new SchedulerCache(nodes);
  const records = new DecisionRecords();
  const statusWriter = new PodStatusWriter({ client, clock, log, signal, seenRevision });
  podInformer.addHandler(podHandler({ cache, queue, nominator, schedulerNames: new Set(byName.keys()) }));
  nodeInformer.addHandler(nodeHandler({ cache, queue }));
  const scheduler = new Scheduler({
    frameworks,
    nodes,
    cache,
    queue,
    nominator,
    podLister: podInformer,
    events,
    statusWriter,
    records,
    clock,
    log,
    random,
    maxBindings: config.parallelBindings,
  });
  return {
    records,
    background: [
      (run) => nodeInformer.run(run),
      (run) => podInformer.run(run),
      (run) => events.run(run),
      (run) => queue.run(run),
    ],
    run: (run) => scheduler.run(run),
    async whenSynced(run) {
      await Promise.all([nodeInformer.whenSynced(run), podInformer.whenSynced(run)]);
    },
  };
}
