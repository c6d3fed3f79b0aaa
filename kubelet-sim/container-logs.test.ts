import { describe, expect, test } from "vitest";
import type { ContainerStatus, Pod } from "../api/generated/types.ts";
import { VirtualClock } from "../component-base/virtual-clock.ts";
import { logAnswer } from "./container-logs.ts";

const started = "2026-01-01T00:00:00Z";

const podWith = (status: Partial<ContainerStatus>): Pod => ({
  metadata: { name: "web", namespace: "default", uid: "u1" },
  spec: { nodeName: "node-0", containers: [{ name: "app", image: "nginx" }] },
  status: {
    containerStatuses: [{ name: "app", image: "nginx", imageID: "", ready: true, restartCount: 0, ...status }],
  },
});
const running = podWith({ state: { running: { startedAt: started } } });

async function read(pod: Pod, query: string, clock: VirtualClock): Promise<string> {
  const answer = logAnswer(pod, "app", new URLSearchParams(query), clock);
  if (answer.kind === "refused") return `${answer.statusCode} ${answer.message}`;
  let text = "";
  for await (const piece of answer.pieces({ signal: new AbortController().signal })) text += piece;
  return text;
}

const atMinutes = (minutes: number) => new VirtualClock(Date.parse(started) + minutes * 60_000);

describe("container logs", () => {
  test("are the same whenever they are read, and grow", async () => {
    const early = await read(running, "", atMinutes(1));
    const late = await read(running, "", atMinutes(5));
    expect(late.startsWith(early)).toBe(true);
    expect(late.length).toBeGreaterThan(early.length);
    expect(early.split("\n")[0]).toBe("app: starting nginx in default/web on node-0");
  });

  test("can be cut: by lines, by time, by bytes", async () => {
    const clock = atMinutes(10);
    const all = (await read(running, "timestamps=true", clock)).trimEnd().split("\n");
    expect(await read(running, "timestamps=true&tailLines=2", clock)).toBe(`${all.slice(-2).join("\n")}\n`);
    expect(await read(running, "tailLines=0", clock)).toBe("");
    expect(await read(running, "limitBytes=10", clock)).toBe("app: start");
    const since = (await read(running, "timestamps=true&sinceSeconds=60", clock)).trimEnd().split("\n");
    expect(since).toEqual(all.filter((line) => Date.parse(line.slice(0, 24)) >= clock.now() - 60_000));
    const sinceTime = await read(running, "timestamps=true&sinceTime=2026-01-01T00:09:00Z", clock);
    expect(sinceTime.trimEnd().split("\n")).toEqual(since);
  });

  test("followed, they come as they are written, until the container ends or the reader leaves", async () => {
    const clock = atMinutes(0);
    const answer = logAnswer(running, "app", new URLSearchParams("follow=true"), clock);
    const stop = new AbortController();
    let text = "";
    const reading = (async () => {
      if (answer.kind === "lines") for await (const piece of answer.pieces({ signal: stop.signal })) text += piece;
    })();
    await clock.advance(0);
    expect(text.trimEnd().split("\n").length).toBe(2);
    await clock.advance(60_000);
    expect(text).toBe(await read(running, "", clock));
    stop.abort();
    await reading;
    const ended = podWith({
      state: { terminated: { exitCode: 0, startedAt: started, finishedAt: "2026-01-01T00:01:00Z" } },
    });
    expect(await read(ended, "follow=true", atMinutes(60))).toBe(await read(running, "", atMinutes(1)));
  });

  test("of the run before, if there was one", async () => {
    const terminated = { exitCode: 1, startedAt: started, finishedAt: "2026-01-01T00:01:00Z" };
    const restarted = podWith({
      restartCount: 1,
      lastState: { terminated },
      state: { running: { startedAt: "2026-01-01T00:02:00Z" } },
    });
    expect(await read(restarted, "previous=true", atMinutes(60))).toBe(await read(running, "", atMinutes(1)));
    expect(await read(running, "previous=true", atMinutes(1))).toBe(
      '400 previous terminated container "app" in pod "web" not found',
    );
  });

  test("are refused before the start", async () => {
    const waiting = podWith({ state: { waiting: { reason: "ContainerCreating" } } });
    expect(await read(waiting, "", atMinutes(1))).toBe(
      '400 container "app" in pod "web" is waiting to start: ContainerCreating',
    );
  });
});
