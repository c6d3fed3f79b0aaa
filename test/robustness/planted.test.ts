import { expect, test } from "vitest";
import { type Done, plants, startMiddlemen } from "./planted.ts";
import { run } from "./run.ts";

/** The suite is itself under test: gateways that lie, one lie of each kind, and every one must be found out. */
test("every lie of a gateway is found out", { timeout: 120_000 }, async () => {
  const done: Done[] = [];
  const all = plants(done);
  const { violations } = await run({
    seed: 11,
    durationMs: 30_000,
    until: () => done.length === all.length,
    ratePerSecond: 120,
    faults: false,
    podsMs: 0,
    registers: 6,
    say: () => undefined,
    between: (cluster) => startMiddlemen(cluster, all),
  });
  expect(done.map(({ plant }) => plant).sort()).toEqual(all.map(({ name }) => name).sort());
  const texts = violations.map(({ check, text }) => `${check}: ${text}`);
  for (const { plant, about } of done) {
    const found = texts.some((text) => text.includes(about));
    expect(found, `${plant}: nothing about "${about}" in\n${texts.join("\n")}`).toBe(true);
  }
});
