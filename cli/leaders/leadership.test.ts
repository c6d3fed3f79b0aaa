import { describe, expect, test } from "vitest";
import { type Candidate, lastIdentity } from "./candidates.ts";
import { leadershipOf, leadershipTable } from "./leadership.ts";

const nowMs = Date.UTC(2026, 0, 1, 12);
const ago = (seconds: number) => `${new Date(nowMs - seconds * 1_000).toISOString().slice(0, 23)}000Z`;
const lease = (holderIdentity: string, renewedSeconds: number) => ({
  spec: {
    holderIdentity,
    leaseDurationSeconds: 15,
    acquireTime: ago(300),
    renewTime: ago(renewedSeconds),
    leaseTransitions: 2,
  },
});
const candidate = (name: string, rest: Partial<Candidate> = {}): Candidate => ({
  name,
  pid: 7,
  elects: true,
  role: "standby",
  paused: false,
  ...rest,
});

describe("the table of leaders", () => {
  const rows = [
    {
      name: "a leader and a standby",
      lease: lease("vm_1", 1),
      candidates: [candidate("scheduler", { role: "leader" }), candidate("scheduler-2")],
      lines: [
        "kube-scheduler   vm_1     5m    1s ago    2             scheduler (leader, process 7), scheduler-2 (standby, process 7)",
      ],
    },
    {
      name: "a leader that is paused and has lost",
      lease: lease("vm_1", 16),
      candidates: [candidate("scheduler", { role: "leader", paused: true })],
      lines: [
        "kube-scheduler   vm_1     5m    16s ago   2             scheduler (leader, paused, process 7)",
        "kube-scheduler: the lease has expired, not renewed for 15 s: a standby may take it",
      ],
    },
    {
      name: "a lease that was handed back",
      lease: lease("", 1),
      candidates: [],
      lines: [
        "kube-scheduler   <none>   -     1s ago    2             -",
        "kube-scheduler: its holder has handed the lease back: a standby may take it",
      ],
    },
    {
      name: "one alone",
      lease: undefined,
      candidates: [candidate("scheduler", { elects: false, role: "leader" })],
      lines: [
        "kube-scheduler   <none>   -     -         -             scheduler (leader, process 7)",
        "kube-scheduler: there is no lease: scheduler is alone, leads from its start and needs none",
      ],
    },
    {
      name: "nobody knows of which processes",
      lease: undefined,
      candidates: [],
      lines: [
        "kube-scheduler   <none>   -     -         -             -",
        "kube-scheduler: there is no lease: a process that is alone leads from its start and needs none",
      ],
    },
    {
      name: "one alone, and the lease of several that were there before",
      lease: lease("vm_1", 999),
      candidates: [candidate("scheduler", { elects: false, role: "leader" })],
      lines: [
        "kube-scheduler   vm_1     5m    16m ago   2             scheduler (leader, process 7)",
        "kube-scheduler: the lease is an old one: scheduler is alone, leads from its start and needs none",
      ],
    },
  ] as const;
  test.each(rows)("$name", (row) => {
    const table = leadershipTable([leadershipOf("kube-scheduler", row.lease, row.candidates, nowMs)], nowMs);
    expect(table.split("\n").slice(1)).toEqual(row.lines);
  });
});

describe("the identity in a component's log", () => {
  const text = (message: string) => `12:00:00.000 INFO  scheduler  ${message}\n`;
  const json = (fields: object) => `${JSON.stringify({ level: "info", ...fields })}\n`;
  test.each([
    [
      "is that of the newest start",
      text("trying to lead  identity=vm_1") + text("trying to lead  identity=vm_2"),
      "vm_2",
    ],
    ["is read from JSON too", json({ identity: "vm_1", msg: "trying to lead" }), "vm_1"],
    ["is absent without election", text("trying to lead  identity=vm_1") + text("leading without election"), undefined],
    ["is absent from an empty log", "", undefined],
  ])("%s", (_name, log, identity) => {
    expect(lastIdentity(log)).toBe(identity);
  });
});
