import { expect, test, vi } from "vitest";
import { Deliveries } from "./deliveries.ts";

test("many are served in slices, between which the event loop turns, in the order in which they came", async () => {
  const deliveries = new Deliveries();
  const served: number[] = [];
  for (let id = 0; id < 150; id++) deliveries.add({ deliver: () => served.push(id) });
  expect(served).toEqual([]);
  await Promise.resolve();
  expect(served.length).toBe(32);
  const late = { deliver: () => served.push(1000) };
  deliveries.add(late);
  await vi.waitUntil(() => served.length === 151);
  expect(served).toEqual([...Array.from({ length: 150 }, (_, id) => id), 1000]);
  deliveries.add(late);
  await Promise.resolve();
  expect(served.length).toBe(152);
});
