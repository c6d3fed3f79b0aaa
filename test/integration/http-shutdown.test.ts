import { afterAll, expect, test } from "vitest";
import { startGateway, type TestGateway } from "../harness/gateway.ts";

let gateway: TestGateway;
afterAll(() => gateway?.stop());

test("stopping ends watches cleanly and at once, and closes the port", { timeout: 60_000 }, async () => {
  gateway = await startGateway();
  const watch = await gateway.watch("/api/v1/configmaps?watch=1&resourceVersion=1&allowWatchBookmarks=true");
  const ended = (async () => {
    for (;;) if ((await watch.next()) === undefined) return "clean end";
  })();
  const startedMs = performance.now();
  await gateway.apiserver.stop();
  expect(await ended).toBe("clean end");
  expect(performance.now() - startedMs).toBeLessThan(3000);
  await expect(gateway.call("/livez")).rejects.toThrow();
  await gateway.apiserver.done;
});
