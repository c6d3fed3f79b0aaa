import { expect, test } from "vitest";
import { quorumWarning } from "./quorum-warning.ts";

test.each([1, 3, 5, 7])("%i members are no cause for words", (members) => {
  expect(quorumWarning(members)).toBeUndefined();
});

test.each([
  [2, "2 etcd members need 2 for a quorum and outlive the loss of 0, no more than 1 would (quorum 1, loss of 0)"],
  [4, "4 etcd members need 3 for a quorum and outlive the loss of 1, no more than 3 would (quorum 2, loss of 1)"],
])("%i members: the arithmetic", (members, sentence) => {
  expect(quorumWarning(members)).toContain(sentence);
});
