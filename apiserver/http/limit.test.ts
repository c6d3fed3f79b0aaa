import { expect, test } from "vitest";
import { InFlight } from "./limit.ts";
import { requestInfo } from "./request-info.ts";

const jane = { name: "jane", groups: [], extra: {} };
const admin = { name: "admin", groups: ["system:masters"], extra: {} };
const read = requestInfo("GET", "/api/v1/pods");
const write = requestInfo("POST", "/api/v1/namespaces/d/pods");

test("reads and writes are counted apart; watches and the privileged are never refused", () => {
  const inFlight = new InFlight({ readOnly: 1, mutating: 1 });
  expect(inFlight.acquire(read, jane)).toBe("readOnly");
  expect(inFlight.acquire(read, jane)).toBeUndefined();
  expect(inFlight.acquire(write, jane)).toBe("mutating");
  expect(inFlight.acquire(write, jane)).toBeUndefined();
  expect(inFlight.acquire(write, admin)).toBe("mutating");
  expect(inFlight.acquire(requestInfo("GET", "/api/v1/pods?watch=1"), jane)).toBe("exempt");
  inFlight.release("readOnly");
  expect(inFlight.acquire(read, jane)).toBe("readOnly");
});
