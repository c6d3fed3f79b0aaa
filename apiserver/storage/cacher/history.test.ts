import { expect, test } from "vitest";
import { VirtualClock } from "../../../component-base/virtual-clock.ts";
import { Change } from "./change.ts";
import { History, type HistoryLimits } from "./history.ts";

function open(limits: Partial<HistoryLimits> = {}): { history: History; clock: VirtualClock } {
  const clock = new VirtualClock();
  const history = new History(10n, { maxChanges: 1_000, maxBytes: 1 << 20, maxAgeMs: 60_000, ...limits }, clock);
  return { history, clock };
}

function add(history: History, ...revisions: bigint[]): void {
  for (const revision of revisions) history.add(new Change(`/k${revision}`, revision, undefined, undefined));
}

function after(history: History, revision: bigint): bigint[] {
  return [...history.after(revision)].map((change) => change.revision);
}

test("changes above a revision, in order, a revision of several keys whole", () => {
  const { history } = open();
  add(history, 11n, 13n, 13n, 20n);
  expect(after(history, 10n)).toEqual([11n, 13n, 13n, 20n]);
  expect(after(history, 12n)).toEqual([13n, 13n, 20n]);
  expect(after(history, 13n)).toEqual([20n]);
  expect(after(history, 99n)).toEqual([]);
});

test("the window drops whole revisions and raises its floor to the last one dropped", () => {
  const { history } = open({ maxChanges: 3 });
  add(history, 11n, 12n, 12n, 13n, 14n);
  expect(history.floor).toBe(12n);
  expect(after(history, 12n)).toEqual([13n, 14n]);
});

test("old changes go even when there is room; the newest one stays", async () => {
  const { history, clock } = open({ maxAgeMs: 1_000 });
  add(history, 11n, 12n);
  await clock.advance(2_000);
  add(history, 13n);
  expect(history.floor).toBe(12n);
  expect(after(history, 12n)).toEqual([13n]);
});

test("ten thousand changes through a small window cost no memory", () => {
  const { history } = open({ maxChanges: 100 });
  for (let revision = 11n; revision < 10_011n; revision++) add(history, revision);
  expect(history.size).toBe(100);
  expect(history.sizeBytes).toBe(100 * 200);
  expect(after(history, 10_008n)).toEqual([10_009n, 10_010n]);
});
