import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** All that a control plane runs; a command that somebody waits for, such as `trace`, may give up on real time. */
const rooms = [
  "api",
  "component-base",
  "etcd",
  "apiserver",
  "client",
  "scheduler",
  "controller",
  "kubelet-sim",
  "cli/up",
  "testing",
];
/** The one that is allowed to. */
const clock = "component-base/clock.ts";
const readsTime =
  /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.hrtime\b|\bset(Timeout|Interval)\(|\bAbortSignal\.timeout\b|node:timers/;

test("time is read and timers are set only through Clock", () => {
  const sources = rooms.flatMap((room) =>
    readdirSync(new URL(`../${room}/`, import.meta.url), { recursive: true, encoding: "utf8" })
      .map((name) => `${room}/${name.replaceAll("\\", "/")}`)
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.includes("/generated/")),
  );
  const offenders = sources.filter((file) => {
    const text = readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
    return file !== clock && readsTime.test(text);
  });
  expect(sources).toContain(clock);
  expect(offenders).toEqual([]);
});
