import { describe, expect, test } from "vitest";
import type { PodSpec } from "../api/generated/types.ts";
import { VirtualClock } from "../component-base/virtual-clock.ts";
import { type ClusterEvent, change } from "./cluster-event.ts";
import { prioritySort } from "./plugins/priority-sort.ts";
import { schedulingGates } from "./plugins/scheduling-gates.ts";
import { podInfo } from "./pod-info.ts";
import type { QueuedPod } from "./queued-pod.ts";
import { SchedulingQueue } from "./scheduling-queue.ts";

const nodeAdded: ClusterEvent = { resource: "Node", changes: change.add };
const nodeLabelled: ClusterEvent = { resource: "Node", changes: change.nodeLabel };

function open() {
  const clock = new VirtualClock();
  const queue = new SchedulingQueue({
    clock,
    less: (a, b) => prioritySort.less?.(a, b) ?? false,
    preEnqueue: (info) => schedulingGates.preEnqueue?.(info),
    hints: new Map([
      ["Fit", [{ resource: "Node" as const, changes: change.add }]],
      ["Picky", [{ resource: "Node" as const, changes: change.add, isWorthRetrying: () => false }]],
    ]),
  });
  const stop = new AbortController();
  const running = queue.run({ signal: stop.signal });
  return {
    clock,
    queue,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

const pod = (name: string, spec: Partial<PodSpec> = {}) =>
  podInfo({ metadata: { name, namespace: "d", uid: name }, spec: { containers: [], ...spec } });

function popAll(queue: SchedulingQueue): string[] {
  const names: string[] = [];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) names.push(next.info.name);
  return names;
}

function popped(queue: SchedulingQueue): QueuedPod {
  const next = queue.pop();
  if (next === undefined) throw new Error("the queue has nothing ready");
  return next;
}

const turnedDownBy = (...plugins: string[]) => ({ kind: "unschedulable" as const, plugins: new Set(plugins) });

describe("order", () => {
  test("priority, then who came first", async () => {
    await using it = open();
    for (const [name, priority] of [
      ["a", 0],
      ["b", 5],
      ["c", 0],
      ["d", 5],
    ] as const)
      it.queue.add(pod(name, { priority }));
    expect(popAll(it.queue)).toEqual(["b", "d", "a", "c"]);
  });

  test("a deleted Pod is not popped", async () => {
    await using it = open();
    for (const name of ["a", "b", "c"]) it.queue.add(pod(name));
    it.queue.delete("a");
    expect(popAll(it.queue)).toEqual(["b", "c"]);
  });

  test("whoever waits is woken by the next Pod", async () => {
    await using it = open();
    const { signal } = new AbortController();
    const ready = it.queue.whenReady({ signal });
    it.queue.add(pod("a"));
    await ready;
    expect(popped(it.queue).info.name).toBe("a");
  });
});

describe("an unschedulable Pod", () => {
  test("waits for an event that a plugin which turned it down has asked for", async () => {
    await using it = open();
    it.queue.add(pod("a"));
    it.queue.addUnschedulable(popped(it.queue), turnedDownBy("Fit"));
    it.queue.moveAllOn(nodeLabelled);
    expect(it.queue.placeOf("a")).toBe("unschedulable");
    it.queue.moveAllOn(nodeAdded);
    expect(it.queue.placeOf("a")).toBe("backoff");
  });

  test("is left alone when the plugin sees no use in the event", async () => {
    await using it = open();
    it.queue.add(pod("a"));
    it.queue.addUnschedulable(popped(it.queue), turnedDownBy("Picky"));
    it.queue.moveAllOn(nodeAdded);
    expect(it.queue.placeOf("a")).toBe("unschedulable");
  });

  test("does not sleep through what happened while it was being scheduled", async () => {
    await using it = open();
    it.queue.add(pod("a"));
    const flying = popped(it.queue);
    it.queue.moveAllOn(nodeAdded);
    it.queue.addUnschedulable(flying, turnedDownBy("Fit"));
    expect(it.queue.placeOf("a")).toBe("backoff");
  });

  test("an event before its flight does not count", async () => {
    await using it = open();
    it.queue.add(pod("b"));
    const other = popped(it.queue);
    it.queue.moveAllOn(nodeAdded);
    it.queue.add(pod("a"));
    const flying = popped(it.queue);
    it.queue.done(other.info.uid);
    it.queue.addUnschedulable(flying, turnedDownBy("Fit"));
    expect(it.queue.placeOf("a")).toBe("unschedulable");
  });

  test("that no plugin turned down, there being no nodes, waits for anything", async () => {
    await using it = open();
    it.queue.add(pod("a"));
    it.queue.addUnschedulable(popped(it.queue), turnedDownBy());
    it.queue.moveAllOn(nodeLabelled);
    expect(it.queue.placeOf("a")).toBe("backoff");
  });

  test("is tried after five minutes in any case", async () => {
    await using it = open();
    it.queue.add(pod("a"));
    it.queue.addUnschedulable(popped(it.queue), turnedDownBy("Fit"));
    await it.clock.advance(5 * 60_000 - 31_000);
    expect(it.queue.placeOf("a")).toBe("unschedulable");
    await it.clock.advance(62_000);
    expect(it.queue.placeOf("a")).toBe("active");
  });

  test("is not queued again by a change of its status alone, but by one of its tolerations", async () => {
    await using it = open();
    it.queue.add(pod("a"));
    it.queue.addUnschedulable(popped(it.queue), turnedDownBy("Fit"));
    it.queue.update(pod("a"));
    expect(it.queue.placeOf("a")).toBe("unschedulable");
  });
});

describe("back-off", () => {
  test("doubles from one second to ten, and a Pod in it is taken early only when nothing else is ready", async () => {
    await using it = open();
    it.queue.add(pod("a"));
    const waits: number[] = [];
    for (let attempt = 0; attempt < 6; attempt++) {
      const next = popped(it.queue);
      it.queue.addUnschedulable(next, turnedDownBy("Fit"));
      waits.push(next.backoffUntilMs - it.clock.monotonicMs());
      it.queue.moveAllOn(nodeAdded);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
    it.queue.add(pod("b"));
    expect(popAll(it.queue)).toEqual(["b", "a"]);
  });

  test("after an error is waited out in full", async () => {
    await using it = open();
    it.queue.add(pod("a"));
    it.queue.addUnschedulable(popped(it.queue), { kind: "error" });
    it.queue.moveAllOn(nodeAdded);
    expect(it.queue.pop()).toBeUndefined();
    await it.clock.advance(2000);
    expect(popped(it.queue).attempts).toBe(2);
  });
});

describe("gates", () => {
  const gated = pod("a", { schedulingGates: [{ name: "g" }] });

  test("keep a Pod out whatever happens, without counting an attempt", async () => {
    await using it = open();
    it.queue.add(gated);
    it.queue.moveAllOn(nodeAdded);
    await it.clock.advance(10 * 60_000);
    expect(it.queue.pop()).toBeUndefined();
    expect(it.queue.placeOf("a")).toBe("unschedulable");
  });

  test("let it in as soon as the last is removed", async () => {
    await using it = open();
    it.queue.add(gated);
    it.queue.update(pod("a"));
    expect(popped(it.queue).attempts).toBe(1);
  });
});

test("a Pod is in one place only, whatever happens to it", async () => {
  await using it = open();
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  const flying = new Map<string, QueuedPod>();
  const known = new Set<string>();
  for (let step = 0; step < 3000; step++) {
    const name = `p${random(20)}`;
    const action = random(7);
    if (action === 0 && !known.has(name)) {
      it.queue.add(pod(name));
      known.add(name);
    } else if (action === 1 && known.has(name)) {
      it.queue.delete(name);
      known.delete(name);
      flying.delete(name);
    } else if (action === 2) {
      const next = it.queue.pop();
      if (next !== undefined) flying.set(next.info.name, next);
    } else if (action === 3) {
      const next = flying.get(name);
      if (next !== undefined)
        it.queue.addUnschedulable(next, random(2) === 0 ? { kind: "error" } : turnedDownBy("Fit"));
      flying.delete(name);
    } else if (action === 4) {
      it.queue.moveAllOn(nodeAdded);
    } else if (action === 5) {
      it.queue.update(pod(name));
    } else {
      await it.clock.advance(random(1500));
    }
    const { active, backoff, unschedulable } = it.queue.counts;
    expect(active + backoff + unschedulable + flying.size).toBe(known.size);
  }
});
