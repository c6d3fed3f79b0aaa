import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Node, Pod, PodCondition } from "../api/generated/types.ts";
import { notFound } from "../api/status.ts";
import type { RestClient } from "../client/rest-client.ts";
import { silentLogger } from "../component-base/logger.ts";
import { packageRoot } from "../component-base/package-root.ts";
import { VirtualClock } from "../component-base/virtual-clock.ts";
import { PodDriver } from "./pod-driver.ts";
import { PodIps } from "./pod-ips.ts";
import { loadStages, parseStages } from "./stage-file.ts";

type Json = Record<string, unknown>;

/** As much of an API server as a kubelet speaks to: status patches, metadata patches, deletions. */
class FakeApi {
  readonly pods = new Map<string, Pod>();
  readonly writes: string[] = [];
  /** The only node. */
  readonly node: Node = {
    metadata: { name: "node-0", labels: { zone: "a" } },
    status: { allocatable: { cpu: "4", memory: "8Gi", pods: "10" } },
  };
  onChange: (pod: Pod) => void = () => undefined;
  onDelete: (pod: Pod) => void = () => undefined;
  #revision = 100;

  put(pod: Pod): Pod {
    const stored = structuredClone(pod);
    stored.metadata = { ...stored.metadata, resourceVersion: String(++this.#revision) };
    this.pods.set(stored.metadata?.name ?? "", stored);
    this.onChange(structuredClone(stored));
    return structuredClone(stored);
  }

  get(name: string): Pod {
    const pod = this.pods.get(name);
    if (pod === undefined) throw notFound({ group: "", resource: "pods" }, name);
    return structuredClone(pod);
  }

  readonly client = {
    get: async () => structuredClone(this.node),
    patch: async (_kind: unknown, key: { name: string }, patch: { body: Json }, options: { subresource?: string }) => {
      const pod = this.get(key.name);
      const wanted = patch.body as { metadata: { uid: string; finalizers?: null }; status?: Json };
      expect(wanted.metadata.uid).toBe(pod.metadata?.uid);
      if (wanted.metadata.finalizers === null) delete pod.metadata?.finalizers;
      if (options.subresource === "status") {
        const { conditions, "$setElementOrder/conditions": order, ...fields } = wanted.status ?? {};
        const merged = mergeConditions(pod.status?.conditions ?? [], conditions as Json[] | undefined, order as Json[]);
        pod.status = { ...pod.status, ...fields, ...(merged !== undefined && { conditions: merged }) };
      }
      this.writes.push(`patch ${key.name} ${pod.status?.phase} ${states(pod)}`.trim());
      return this.put(pod);
    },
    delete: async (_kind: unknown, key: { name: string }, options: { gracePeriodSeconds?: number }) => {
      const pod = this.get(key.name);
      this.writes.push(`delete ${key.name} ${options.gracePeriodSeconds}`);
      if (pod.metadata?.finalizers?.length) {
        this.put({ ...pod, metadata: { ...pod.metadata, deletionGracePeriodSeconds: 0 } });
      } else {
        this.pods.delete(key.name);
        this.onDelete(pod);
      }
    },
  } as unknown as RestClient;
}

function mergeConditions(before: PodCondition[], patch: Json[] | undefined, order: Json[] | undefined) {
  if (patch === undefined) return undefined;
  const dropped = patch.filter((change) => change["$patch"] === "delete").map(({ type }) => type);
  if (dropped.length > 0) return before.filter(({ type }) => !dropped.includes(type));
  const byType = new Map<unknown, Json>(before.map((condition) => [condition.type, { ...condition }]));
  for (const change of patch) {
    const merged = { ...byType.get(change["type"]), ...change };
    byType.set(change["type"], Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null)));
  }
  return order?.map(({ type }) => byType.get(type)) as unknown as PodCondition[];
}

function states(pod: Pod): string {
  return (pod.status?.containerStatuses ?? [])
    .map(({ state }) => state?.waiting?.reason ?? state?.terminated?.reason ?? (state?.running ? "running" : "?"))
    .join(",");
}

const defaults = join(packageRoot(), "kubelet-sim/stages/pod.yaml");

function setUp(options: { stages?: string; startMs?: number; api?: FakeApi; node?: Node } = {}) {
  const clock = new VirtualClock(options.startMs);
  const api = options.api ?? new FakeApi();
  const events: string[] = [];
  const stop = new AbortController();
  const images = new Set<string>();
  /** As the kubelet last saw it. */
  const node = options.node ?? api.node;
  const driver = new PodDriver(
    {
      client: api.client,
      recorders: {
        event: (_source, regarding, { reason, message }) =>
          events.push(`${reason}${regarding.fieldPath === undefined ? "" : ` ${regarding.fieldPath}`}: ${message}`),
        run: async () => undefined,
      },
      stages: options.stages === undefined ? loadStages(defaults) : parseStages(options.stages, "test.yaml"),
      ips: new PodIps({ clusterCidr: "10.1.0.0/16" }),
      host: (name) => (name === "node-0" ? { name, ip: "127.0.0.1", podCidr: "10.2.3.0/24", images, node } : undefined),
      clock,
      log: silentLogger,
    },
    { signal: stop.signal },
  );
  api.onChange = (pod) => driver.observe(pod);
  api.onDelete = (pod) => driver.forget(pod);
  for (const pod of api.pods.values()) driver.observe(structuredClone(pod));
  driver.start();
  return { clock, api, events, driver, stop };
}

const bound = (
  name: string,
  more: { annotations?: Record<string, string>; spec?: Partial<Pod["spec"]> } = {},
): Pod => ({
  metadata: {
    name,
    namespace: "default",
    uid: `uid-${name}`,
    generation: 1,
    creationTimestamp: "2026-01-01T00:00:00Z",
    ...(more.annotations !== undefined && { annotations: more.annotations }),
  },
  spec: { nodeName: "node-0", containers: [{ name: "app", image: "nginx" }], restartPolicy: "Always", ...more.spec },
  status: {
    phase: "Pending",
    qosClass: "BestEffort",
    conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }],
  },
});

const deleted = (pod: Pod, clock: VirtualClock, graceSeconds = 30): Pod => ({
  ...pod,
  metadata: {
    ...pod.metadata,
    deletionTimestamp: new Date(clock.now() + graceSeconds * 1000).toISOString(),
    deletionGracePeriodSeconds: graceSeconds,
  },
});

describe("a pod's life", () => {
  test("runs in two writes, as a kubelet reports it", async () => {
    const { clock, api, events } = setUp();
    api.put(bound("web"));
    await clock.advance(0);
    expect(api.writes).toEqual(["patch web Pending ContainerCreating", "patch web Running running"]);
    expect(events).toEqual([
      'Pulling spec.containers{app}: Pulling image "nginx"',
      expect.stringMatching(/^Pulled spec.containers{app}: Successfully pulled image "nginx" in /),
      "Created spec.containers{app}: Container created",
      "Started spec.containers{app}: Container started",
    ]);
    const { status } = api.get("web");
    expect(status).toMatchObject({
      phase: "Running",
      observedGeneration: 1,
      podIP: "10.2.3.2",
      podIPs: [{ ip: "10.2.3.2" }],
      hostIP: "127.0.0.1",
      hostIPs: [{ ip: "127.0.0.1" }],
      startTime: "2026-01-01T00:00:00Z",
      qosClass: "BestEffort",
    });
    expect(status?.conditions?.map(({ type, status: is }) => `${type}=${is}`)).toEqual([
      "PodReadyToStartContainers=True",
      "Initialized=True",
      "Ready=True",
      "ContainersReady=True",
      "PodScheduled=True",
    ]);
    expect(status?.containerStatuses?.[0]).toMatchObject({
      image: "docker.io/library/nginx:latest",
      imageID: expect.stringMatching(/^docker\.io\/library\/nginx@sha256:[0-9a-f]{64}$/),
      containerID: expect.stringMatching(/^containerd:\/\/[0-9a-f]{64}$/),
      ready: true,
      started: true,
      restartCount: 0,
    });
  });

  test("an image that is there is not pulled again", async () => {
    const { clock, api, events } = setUp();
    api.put(bound("a"));
    await clock.advance(0);
    events.length = 0;
    api.put(bound("b"));
    await clock.advance(0);
    expect(events[0]).toBe(
      'Pulled spec.containers{app}: Container image "nginx" already present on machine and can be accessed by the pod',
    );
    expect(api.get("b").status?.podIP).toBe("10.2.3.3");
  });

  test("init containers go first, one after the other; a sidecar runs on", async () => {
    const { clock, api } = setUp();
    const initContainers = [
      { name: "one", image: "busybox" },
      { name: "side", image: "busybox", restartPolicy: "Always" },
      { name: "two", image: "busybox" },
    ];
    api.put(bound("web", { spec: { initContainers } }));
    await clock.advance(0);
    expect(api.writes.slice(0, 2)).toEqual(["patch web Pending PodInitializing", "patch web Pending PodInitializing"]);
    const { status } = api.get("web");
    const of = (name: string) => status?.initContainerStatuses?.find((container) => container.name === name);
    expect([of("one")?.state?.terminated?.exitCode, of("two")?.state?.terminated?.exitCode]).toEqual([0, 0]);
    expect(of("side")).toMatchObject({ ready: true, started: true, state: { running: {} } });
    expect(status?.phase).toBe("Running");
  });

  test("a readiness gate keeps it from being ready until somebody opens it", async () => {
    const { clock, api } = setUp();
    api.put(bound("web", { spec: { readinessGates: [{ conditionType: "example.com/ok" }] } }));
    await clock.advance(0);
    const ready = () => api.get("web").status?.conditions?.find(({ type }) => type === "Ready");
    expect(ready()).toMatchObject({ status: "False", reason: "ReadinessGatesNotReady" });
    const pod = api.get("web");
    pod.status?.conditions?.push({ type: "example.com/ok", status: "True" });
    api.put(pod);
    await clock.advance(0);
    expect(ready()).toMatchObject({ status: "True" });
    expect(ready()).not.toHaveProperty("reason");
    expect(api.get("web").status?.conditions?.at(-1)?.type).toBe("example.com/ok");
  });

  test("what falls is started again: at once, then after 10 s, 20 s, …", async () => {
    const annotations = { "pod-exit.stage.gatehouse/delay": "1s", "pod-exit.stage.gatehouse/exit-code": "3" };
    const { clock, api, events } = setUp();
    api.put(bound("crash", { annotations }));
    const restarts = () => api.get("crash").status?.containerStatuses?.[0]?.restartCount;
    await clock.advance(1_000);
    expect([restarts(), states(api.get("crash"))]).toEqual([1, "running"]);
    await clock.advance(1_000);
    expect(states(api.get("crash"))).toBe("CrashLoopBackOff");
    expect(api.get("crash").status).toMatchObject({
      phase: "Running",
      containerStatuses: [
        {
          lastState: { terminated: { exitCode: 3, reason: "Error" } },
          state: {
            waiting: { message: expect.stringMatching(/^back-off 10s restarting failed container=app pod=crash_/) },
          },
        },
      ],
    });
    expect(events.at(-1)).toBe(
      "BackOff spec.containers{app}: Back-off restarting failed container app in pod crash_default(uid-crash)",
    );
    await clock.advance(9_999);
    expect(restarts()).toBe(1);
    await clock.advance(1);
    expect(restarts()).toBe(2);
    await clock.advance(1_000 + 19_999);
    expect(restarts()).toBe(2);
    await clock.advance(1);
    expect(restarts()).toBe(3);
  });

  const endings = [
    { name: "Never, exit 0", restartPolicy: "Never", code: "0", phase: "Succeeded", reason: "PodCompleted" },
    { name: "Never, exit 2", restartPolicy: "Never", code: "2", phase: "Failed", reason: "PodFailed" },
    { name: "OnFailure, exit 0", restartPolicy: "OnFailure", code: "0", phase: "Succeeded", reason: "PodCompleted" },
  ];
  test.each(endings)("restartPolicy $name ends it: $phase", async ({ restartPolicy, code, phase, reason }) => {
    const annotations = { "pod-exit.stage.gatehouse/delay": "250ms", "pod-exit.stage.gatehouse/exit-code": code };
    const { clock, api } = setUp();
    api.put(bound("once", { annotations, spec: { restartPolicy } }));
    await clock.advance(249);
    expect(api.get("once").status?.phase).toBe("Running");
    await clock.advance(1);
    expect(api.get("once").status?.phase).toBe(phase);
    const ready = api.get("once").status?.conditions?.find(({ type }) => type === "Ready");
    expect(ready).toMatchObject({ status: "False", reason });
    const writes = api.writes.length;
    await clock.advance(3_600_000);
    expect(api.writes.length).toBe(writes);
  });
});

describe("deletion", () => {
  test("containers stop, the last status is written, then the pod goes and its address with it", async () => {
    const { clock, api, events } = setUp();
    api.put(bound("web"));
    await clock.advance(0);
    api.writes.length = 0;
    api.put(deleted(api.get("web"), clock));
    await clock.advance(0);
    expect(events.at(-1)).toBe("Killing spec.containers{app}: Stopping container app");
    expect(api.writes).toEqual(["patch web Succeeded Completed", "delete web 0"]);
    api.put(bound("next"));
    await clock.advance(0);
    expect(api.get("next").status?.podIP).toBe("10.2.3.2");
  });

  test("a slow stop is cut off at the end of the grace period", async () => {
    const { clock, api } = setUp();
    api.put(bound("web", { annotations: { "pod-stop.stage.gatehouse/delay": "1h" } }));
    await clock.advance(0);
    api.put(deleted(api.get("web"), clock, 30));
    await clock.advance(29_999);
    expect(api.pods.has("web")).toBe(true);
    await clock.advance(1);
    expect(api.pods.has("web")).toBe(false);
  });

  test("finalizers are waited for, without another word", async () => {
    const { clock, api } = setUp();
    const pod = bound("web");
    api.put({ ...pod, metadata: { ...pod.metadata, finalizers: ["example.com/x"] } });
    await clock.advance(0);
    api.put(deleted(api.get("web"), clock));
    await clock.advance(600_000);
    expect(api.writes.filter((write) => write.startsWith("delete"))).toEqual(["delete web 0"]);
  });

  test("a pod that is forced out frees its address and its timers", async () => {
    const { clock, api, driver } = setUp();
    api.put(bound("web", { annotations: { "pod-exit.stage.gatehouse/delay": "1h" } }));
    await clock.advance(0);
    expect(clock.pendingTimers).toBe(1);
    driver.forget(api.get("web"));
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("restart of the simulator", () => {
  test("what runs is left as it is, and waits go on where they were", async () => {
    const annotations = { "pod-exit.stage.gatehouse/delay": "60s" };
    const first = setUp();
    first.api.put(bound("web", { annotations, spec: { restartPolicy: "Never" } }));
    await first.clock.advance(20_000);
    first.stop.abort();
    const { api } = first;
    const before = api.get("web");
    api.writes.length = 0;

    const second = setUp({ api, startMs: first.clock.now() });
    await second.clock.advance(39_999);
    expect(api.get("web")).toEqual(before);
    await second.clock.advance(1);
    expect(api.writes).toEqual(["patch web Succeeded Completed"]);
    api.put(bound("next"));
    await second.clock.advance(0);
    expect(api.get("next").status?.podIP).toBe("10.2.3.3");
  });

  test("a pod on somebody else's node is none of our business", async () => {
    const { clock, api } = setUp();
    api.put(bound("web", { spec: { nodeName: "node-7" } }));
    await clock.advance(60_000);
    expect(api.writes).toEqual([]);
  });
});

describe("stages", () => {
  test("a server's failure is tried again later", async () => {
    const { clock, api } = setUp();
    const { patch } = api.client;
    let failures = 2;
    api.client.patch = (async (...args: Parameters<typeof patch>) => {
      if (failures-- > 0) throw new Error("etcd is away");
      return patch(...args);
    }) as typeof patch;
    api.put(bound("web"));
    await clock.advance(2_999);
    expect(api.writes).toEqual([]);
    await clock.advance(1);
    expect(api.writes.length).toBe(2);
  });

  const template = (spec: string) => `
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: ready}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
${spec}
`;

  test("KWOK's templates render statuses", async () => {
    const stages = template(`
  selector:
    matchExpressions:
    - {key: .status.podIP, operator: DoesNotExist}
  delay: {durationMilliseconds: 100, jitterDurationMilliseconds: 50}
  next:
    event: {type: Normal, reason: Hello, message: there}
    statusTemplate: |
      {{ $now := Now }}
      {{ $root := . }}
      containerStatuses:
      {{ range $index, $item := .spec.containers }}
      - image: {{ $item.image | Quote }}
        name: {{ printf "%s-%d" $item.name $index | Quote }}
        ready: {{ eq (len $root.spec.containers) 1 }}
        restartCount: 0
        state: {running: {startedAt: {{ $now | Quote }}}}
      {{ end }}
      {{ with PodIPsWith .spec.nodeName (or .spec.hostNetwork false) .metadata.uid }}
      podIP: {{ index . 0 }}
      {{ end }}
      {{ if not .spec.initContainers -}}
      phase: Running
      {{ else if true }}
      phase: Pending
      {{ end }}
`);
    const { clock, api, events } = setUp({ stages });
    api.put(bound("web"));
    // A jitter that is shorter than the duration is a deadline.
    await clock.advance(49);
    expect(api.writes).toEqual([]);
    await clock.advance(1);
    expect(api.get("web").status).toMatchObject({
      phase: "Running",
      podIP: "10.2.3.2",
      containerStatuses: [
        { image: "nginx", name: "app-0", ready: true, state: { running: { startedAt: "2026-01-01T00:00:00Z" } } },
      ],
    });
    expect(events).toEqual(["Hello: there"]);
    expect(api.writes.length).toBe(1);
  });

  test("of several that match, each is drawn as often as its weight says, the same one every time", async () => {
    const row = (name: string, weight: number) =>
      template(`
  weight: ${weight}
  selector: {matchExpressions: [{key: .status.phase, operator: In, values: [Pending]}]}
  next: {statusTemplate: 'phase: ${name}'}`);
    const stages = [row("Running", 3), row("Failed", 1), row("Unknown", 0)].join("---");
    const count = { Running: 0, Failed: 0, Unknown: 0 } as Record<string, number>;
    const outcome = async () => {
      const { clock, api } = setUp({ stages });
      for (let n = 0; n < 200; n++) api.put(bound(`p${n}`));
      await clock.advance(0);
      return [...api.pods.values()].map(({ status }) => status?.phase ?? "");
    };
    const [once, again] = [await outcome(), await outcome()];
    expect(again).toEqual(once);
    for (const phase of once) count[phase] = (count[phase] ?? 0) + 1;
    expect(count["Unknown"]).toBe(0);
    expect(count["Failed"]).toBeGreaterThan(30);
    expect(count["Failed"]).toBeLessThan(70);
  });

  const broken = [
    { name: "an operator", spec: "  selector: {matchExpressions: [{key: .a, operator: Near}]}", message: "Near" },
    { name: "CEL", spec: "  selector: {matchExpressions: [{cel: {expression: 'true'}}]}", message: "CEL" },
    { name: "a path", spec: "  selector: {matchExpressions: [{key: 'a..b', operator: Exists}]}", message: "a..b" },
    { name: "a transition", spec: "  next: {transition: explode}", message: "explode" },
    { name: "an unclosed block", spec: "  next: {statusTemplate: '{{ if .a }}'}", message: "not closed" },
    { name: "an action", spec: "  next: {statusTemplate: '{{ .a ? }}'}", message: "{{ .a ? }}" },
  ];
  test.each(broken)("$name that is not understood is named with file and stage", ({ spec, message }) => {
    const parse = () => parseStages(template(spec), "my.yaml");
    expect(parse).toThrow("my.yaml: stage ready: ");
    expect(parse).toThrow(message);
  });

  test("a template reaches nothing but its root and the functions", () => {
    const stages = template("  next: {statusTemplate: 'message: \"{{ .constructor }}{{ .__proto__ }}\"'}");
    const { next } = parseStages(stages, "my.yaml")[0]!;
    expect(next.kind === "template" && next.statusTemplate?.({}, {})).toEqual({ message: "" });
    const calls = parseStages(template("  next: {statusTemplate: '{{ toString }}'}"), "my.yaml")[0]!;
    expect(() => calls.next.kind === "template" && calls.next.statusTemplate?.({}, {})).toThrow("toString");
  });
});

describe("a pod that its node refuses", () => {
  const asking = (name: string, cpu: string, createdAt = "2026-01-01T00:00:00Z"): Pod => {
    const pod = bound(name, {
      spec: { containers: [{ name: "app", image: "nginx", resources: { requests: { cpu } } }] },
    });
    return { ...pod, metadata: { ...pod.metadata, creationTimestamp: createdAt } };
  };

  test("fails with a reason and keeps none of a kubelet's conditions", async () => {
    const { clock, api, events } = setUp();
    api.put(asking("first", "3"));
    await clock.advance(0);
    const second = asking("second", "1500m");
    second.status?.conditions?.push({ type: "example.com/gate", status: "True" });
    api.put(second);
    await clock.advance(60_000);
    const detail = "Node didn't have enough resource: cpu, requested: 1500, used: 3000, capacity: 4000";
    expect(api.get("second").status).toEqual({
      phase: "Failed",
      reason: "OutOfcpu",
      message: `Pod was rejected: ${detail}`,
      qosClass: "BestEffort",
      observedGeneration: 1,
      startTime: "2026-01-01T00:00:00Z",
      conditions: [{ type: "example.com/gate", status: "True" }],
    });
    expect(events.at(-1)).toBe(`OutOfcpu: ${detail}`);
    expect(api.writes.filter((write) => write.includes("second"))).toEqual(["patch second Failed"]);
  });

  test("has room when another has ended or gone", async () => {
    const { clock, api } = setUp();
    api.put(asking("first", "3"));
    await clock.advance(0);
    api.put({ ...api.get("first"), status: { ...api.get("first").status, phase: "Succeeded" } });
    api.put(asking("second", "3"));
    await clock.advance(0);
    expect(api.get("second").status?.phase).toBe("Running");
    const gone = api.get("second");
    api.pods.delete("second");
    api.onDelete(gone);
    api.put(asking("third", "3"));
    await clock.advance(0);
    expect(api.get("third").status?.phase).toBe("Running");
  });

  test("those that run already come before those that wait, and of these the oldest", async () => {
    const { api, clock, stop } = setUp();
    api.put(asking("runs", "2"));
    await clock.advance(0);
    stop.abort();
    api.put(asking("younger", "2", "2026-01-01T00:00:09Z"));
    api.put(asking("older", "2", "2026-01-01T00:00:05Z"));
    const again = setUp({ api });
    await again.clock.advance(0);
    const phases = ["runs", "older", "younger"].map((name) => api.get(name).status?.phase);
    expect(phases).toEqual(["Running", "Running", "Failed"]);
  });

  test("is not refused for what was true of its node before", async () => {
    const api = new FakeApi();
    const { clock } = setUp({ api, node: { ...api.node, metadata: { name: "node-0" } } });
    api.put(bound("picky", { spec: { nodeSelector: { zone: "a" } } }));
    await clock.advance(0);
    expect(api.get("picky").status?.phase).toBe("Running");
  });
});
