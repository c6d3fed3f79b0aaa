import { expect, test } from "vitest";
import { badRequest } from "../api/status.ts";
import { ConnectionError } from "../client/connection-error.ts";
import { KubeconfigError } from "../client/kubeconfig.ts";
import { speaksForItself, UserError } from "./user-error.ts";

test.each([
  ["what the user can put right", new UserError("there is no such thing"), true],
  ["the server's refusal", badRequest("no kind is called so"), true],
  ["no server", new ConnectionError("refused", "connect ECONNREFUSED"), true],
  ["no such file", Object.assign(new Error("no such file"), { code: "ENOENT" }), true],
  ["no kubeconfig", new KubeconfigError("kubeconfig x: the document is not a mapping"), true],
  ["a fault of ours", new TypeError("undefined is not a function"), false],
  ["no error at all", "text", false],
])("%s", (_name, error, expected) => {
  expect(speaksForItself(error)).toBe(expected);
});
