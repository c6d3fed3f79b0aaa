import { expect, test } from "vitest";
import { type Done, plants, startMiddleman } from "./planted.ts";
import { run } from "./run.ts";

/** The suite is itself under test: gateways that lie, one lie of each kind, and every one must be found out. */
test("every lie of a gateway is found out", { timeout: 120_000 }, async () => {
  const done: Done[] = [];
  const { violations } = await run({
    seed: 11,
    durationMs: 8_000,
    ratePerSecond: 120,
    faults: false,
    podsMs: 0,
    registers: 6,
    say: () => undefined,
    async between(cluster) {
      const planted = plants(done);
      const middlemen = await Promise.all(
        cluster.gateways.map((gateway, index) =>
          // Requests lie at the first gateway only, watches at both.
          startMiddleman(cluster, gateway, index === 0 ? planted : []),
        ),
      );
      return {
        doors: middlemen.map(({ door }) => door),
        async stop() {
          await Promise.all(middlemen.map((middleman) => middleman.stop()));
        },
      };
    },
  });
  const texts = violations.map(({ check, text }) => `${check}: ${text}`);
  expect(done.map(({ plant }) => plant).sort()).toEqual(
    plants([])
      .map(({ name }) => name)
      .sort(),
  );
  for (const { plant, about } of done) {
    expect(
      texts.some((text) => text.includes(about)),
      `${plant}: nothing about "${about}" in\n${texts.join("\n")}`,
    ).toBe(true);
  }
});
