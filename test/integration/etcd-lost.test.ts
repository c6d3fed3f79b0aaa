import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { startGateway, type TestGateway } from "../harness/gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.stop());

test("a gateway whose etcd lost its data under it ends itself, and serves nothing from before", async () => {
  const { etcd, apiserver } = gateway;
  const created = await gateway.call("/api/v1/namespaces/default/configmaps", { body: { metadata: { name: "gone" } } });
  expect(created.status).toBe(201);
  const ended = apiserver.done.then(
    () => "in order",
    (error: Error) => error.message,
  );
  await etcd.etcd.stop();
  rmSync(join(etcd.folder, "etcd", "etcd-1"), { recursive: true });
  await etcd.restart();
  const answers: number[] = [];
  await eventually("the gateway no longer listens", async () => {
    const answer = await gateway.call("/api/v1/namespaces/default/configmaps/gone").catch(() => undefined);
    if (answer !== undefined) answers.push(answer.status);
    return answer === undefined;
  });
  expect(await ended).toMatch(/^etcd has gone back from revision \d+ to 1, so this gateway must start anew$/);
  expect(answers).not.toContain(200);
});
