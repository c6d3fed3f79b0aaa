import { expect, test } from "vitest";
import { exitStatus, failedStatus, readMessage, writeMessage } from "./channels.ts";

const messages = [
  { name: "input", bytes: [0, 104, 105], message: { kind: "stdin", data: Buffer.from("hi") } },
  { name: "the end of input", bytes: [255, 0], message: { kind: "closed", channel: 0 } },
  { name: "a new size of the terminal", bytes: [4, 123, 125], message: { kind: "other" } },
  { name: "nothing", bytes: [], message: { kind: "other" } },
  { name: "a close of nothing", bytes: [255], message: { kind: "other" } },
] as const;
test.each(messages)("reads $name", ({ bytes, message }) => {
  expect(readMessage(Buffer.from(bytes))).toEqual(message);
});

test("writes the channel before the data", () => {
  expect([...writeMessage(2, "é")]).toEqual([2, 0xc3, 0xa9]);
});

test("tells how a program ended", () => {
  expect(exitStatus(0)).toEqual({ metadata: {}, status: "Success" });
  expect(exitStatus(3)).toMatchObject({
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: "3" }] },
  });
  expect(failedStatus("no")).toMatchObject({ code: 500, message: "Internal error occurred: no" });
});
