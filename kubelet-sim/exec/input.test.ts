import { expect, test } from "vitest";
import { InputQueue } from "./input.ts";

const { signal } = new AbortController();
const text = (chunk: Uint8Array | undefined) => chunk && Buffer.from(chunk).toString();

test("gives pieces in order, and then the end", async () => {
  const input = new InputQueue(() => undefined);
  const first = input.read({ signal });
  input.push(Buffer.from("a"));
  input.push(Buffer.from("b"));
  input.end();
  expect([text(await first), text(await input.read({ signal })), await input.read({ signal })]).toEqual([
    "a",
    "b",
    undefined,
  ]);
});

test("who gives up takes nothing", async () => {
  const input = new InputQueue(() => undefined);
  const gone = new AbortController();
  const given = input.read(gone);
  const next = input.read({ signal });
  gone.abort(new Error("gone"));
  await expect(given).rejects.toThrow("gone");
  input.push(Buffer.from("a"));
  expect(text(await next)).toBe("a");
});

test("says when it is full, and once when there is room again", async () => {
  let rooms = 0;
  const input = new InputQueue(() => rooms++);
  expect(input.push(Buffer.alloc(40_000))).toBe(true);
  expect(input.push(Buffer.alloc(40_000))).toBe(false);
  await input.read({ signal });
  await input.read({ signal });
  expect(rooms).toBe(1);
});
