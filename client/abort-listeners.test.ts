import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { AbortListeners } from "./abort-listeners.ts";

test("many wait on one listener; those who left are not told, the others once", () => {
  const listeners = new AbortListeners();
  const controller = new AbortController();
  const { signal } = controller;
  const told: number[] = [];
  const waiting = Array.from({ length: 100 }, (_, index) => () => void told.push(index));
  for (const each of waiting) listeners.add(signal, each);
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  for (const each of waiting.slice(2)) listeners.remove(signal, each);
  controller.abort();
  expect(told).toEqual([0, 1]);
  for (const each of waiting) listeners.remove(signal, each);
});

test("nothing is left on a signal that nobody waits for", () => {
  const listeners = new AbortListeners();
  const { signal } = new AbortController();
  const told = () => undefined;
  listeners.add(signal, told);
  listeners.remove(signal, told);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
