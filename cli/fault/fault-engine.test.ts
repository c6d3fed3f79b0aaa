import { expect, test } from "vitest";
import { UserError } from "../user-error.ts";
import { FaultEngine } from "./fault-engine.ts";
import { type FaultWords, parseFaultWords } from "./fault-request.ts";

/** A plane of three members and a gateway, on paper. */
function paperPlane(options: { readonly faults: boolean } = { faults: true }) {
  const done: string[] = [];
  const names = ["etcd-1", "etcd-2", "etcd-3", "apiserver", "scheduler"];
  const held = new Set<string>();
  const pids = new Map(names.map((name, index) => [name, 100 + index]));
  const engine = new FaultEngine({
    topology: () => ({ members: names.slice(0, 3), gateways: [{ name: "apiserver" }] }),
    process(name) {
      if (!names.includes(name)) throw new UserError(`there is no process ${name}`);
      return {
        name,
        pid: pids.get(name),
        state: held.has(name) ? "held" : "running",
        hold: async () => {
          held.add(name);
          done.push(`hold ${name}`);
        },
        resume: async () => {
          held.delete(name);
          done.push(`resume ${name}`);
        },
      };
    },
    signal: (pid, signal) => void done.push(`${signal} ${pid}`),
    ...(options.faults && {
      setLink: (from, to, { kind }) => {
        if (kind !== "pass") done.push(`${from}>${to} ${kind}`);
      },
    }),
  });
  const run = async (line: string, flags: Partial<FaultWords> = {}) => {
    done.length = 0;
    const lines: string[] = [];
    const all = { delayMs: 100, jitterMs: 0, refuse: false, oneWay: false, keepDown: false, ...flags };
    await engine.apply(parseFaultWords({ words: line.split(" "), ...all }), {
      say: (said) => lines.push(said),
      signal: new AbortController().signal,
    });
    return { lines, done: [...done] };
  };
  return { run, pids, held, engine, done };
}

test("killed is killed; kept down, it comes back when it is healed", async () => {
  const { run, held } = paperPlane();
  expect((await run("kill scheduler")).done).toEqual(["SIGKILL 104"]);
  expect((await run("list")).lines).toEqual(["nothing is wrong"]);
  expect((await run("kill etcd-2", { keepDown: true })).done).toEqual(["SIGKILL 101", "hold etcd-2"]);
  expect((await run("list")).lines).toEqual(["etcd-2 is down"]);
  expect((await run("heal")).done).toEqual(["resume etcd-2"]);
  expect((await run("heal")).lines).toEqual(["nothing is wrong"]);
  await run("kill etcd-2", { keepDown: true });
  held.delete("etcd-2");
  expect((await run("list")).lines).toEqual(["nothing is wrong"]);
});

test("paused goes on when it is resumed; one that was started again meanwhile is paused no longer", async () => {
  const { run, pids } = paperPlane();
  expect((await run("pause etcd-1 scheduler")).done).toEqual(["SIGSTOP 100", "SIGSTOP 104"]);
  expect((await run("resume etcd-1")).done).toEqual(["SIGCONT 100"]);
  pids.set("scheduler", 200);
  expect((await run("list")).lines).toEqual(["nothing is wrong"]);
  await expect(run("resume scheduler")).rejects.toThrow("neither paused nor kept down");
});

test("when the plane is to end, what is paused goes on and links pass, so that all can end by themselves", async () => {
  const { run, engine, done } = paperPlane();
  await run("cut etcd-1 etcd-2");
  expect((await run("pause etcd-3")).done).toEqual(["SIGSTOP 102"]);
  done.length = 0;
  engine.letGo();
  expect(done).toEqual(["SIGCONT 102"]);
  expect((await run("list")).lines).toEqual(["nothing is wrong"]);
});

test("one side alone is against the rest; who is healed reaches all again", async () => {
  const { run } = paperPlane();
  expect((await run("partition etcd-1,apiserver")).done).toEqual([
    ...["etcd-1>etcd-2 stall", "etcd-1>etcd-3 stall", "etcd-2>etcd-1 stall", "etcd-3>etcd-1 stall"],
    ...["apiserver>etcd-2 stall", "apiserver>etcd-3 stall"],
  ]);
  expect(await run("heal apiserver")).toMatchObject({
    lines: [expect.stringMatching(/^etcd-1 \(1 of 3: no majority\) \/ etcd-2, etcd-3 \(2 of 3: a majority\)/)],
    done: ["etcd-1>etcd-2 stall", "etcd-1>etcd-3 stall", "etcd-2>etcd-1 stall", "etcd-3>etcd-1 stall"],
  });
  expect(await run("heal")).toMatchObject({ lines: [expect.stringMatching(/^over: etcd-1/)], done: [] });
});

test.each([
  { line: "pause nobody", problem: "there is no process nobody" },
  { line: "cut scheduler", problem: "links are those of etcd's members" },
  { line: "cut etcd-1 etcd-1", problem: "links are those of etcd's members" },
  { line: "partition etcd-1 / etcd-2", problem: "on which side is etcd-3?" },
  { line: "partition etcd-1,scheduler / etcd-2,etcd-3", problem: "scheduler: a partition is of etcd-1" },
  { line: "partition etcd-1,etcd-2,etcd-3", problem: "a partition has two sides" },
])("$line: refused", async ({ line, problem }) => {
  await expect(paperPlane().run(line)).rejects.toThrow(problem);
});

test("without --faults processes can be killed, links not broken", async () => {
  const { run } = paperPlane({ faults: false });
  expect((await run("kill apiserver")).done).toEqual(["SIGKILL 103"]);
  await expect(run("cut etcd-1")).rejects.toThrow("--faults");
  expect((await run("heal")).done).toEqual([]);
});
