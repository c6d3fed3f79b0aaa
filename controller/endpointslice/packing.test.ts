import { expect, test } from "vitest";
import type { Endpoint } from "../../api/generated/types.ts";
import { packEndpoints } from "./packing.ts";

const endpoint = (uid: string, ready = true): Endpoint => ({
  addresses: [uid],
  conditions: { ready },
  targetRef: { uid },
});
const endpoints = (...uids: string[]) => uids.map((uid) => endpoint(uid));
const slice = (name: string, ...uids: string[]) => ({ slice: name, endpoints: endpoints(...uids) });
const uidsOf = (list: readonly Endpoint[]) => list.map(({ targetRef }) => targetRef?.uid).join("");

test.each([
  { name: "nothing before: new slices", existing: [], wanted: "abcde", update: {}, create: ["abc", "de"], remove: [] },
  { name: "no change", existing: [slice("s", "a", "b")], wanted: "ab", update: {}, create: [], remove: [] },
  {
    name: "fills a slice with room",
    existing: [slice("s", "a")],
    wanted: "ab",
    update: { s: "ab" },
    create: [],
    remove: [],
  },
  {
    name: "a slice that changes anyway takes the new ones",
    existing: [slice("s", "a", "x"), slice("t", "b")],
    wanted: "abc",
    update: { s: "ac" },
    create: [],
    remove: [],
  },
  {
    name: "full slices stay",
    existing: [slice("s", "a", "b", "c")],
    wanted: "abcd",
    update: {},
    create: ["d"],
    remove: [],
  },
  {
    name: "an emptied slice goes",
    existing: [slice("s", "a"), slice("t", "x")],
    wanted: "a",
    update: {},
    create: [],
    remove: ["t"],
  },
])("$name", ({ existing, wanted, update, create, remove }) => {
  const packing = packEndpoints(existing, endpoints(...wanted), { maxPerSlice: 3, mustUpdate: () => false });
  expect(Object.fromEntries(packing.update.map((entry) => [entry.slice, uidsOf(entry.endpoints)]))).toEqual(update);
  expect(packing.create.map(uidsOf)).toEqual(create);
  expect(packing.remove).toEqual(remove);
});

test("a change of state updates the endpoint where it is", () => {
  const packing = packEndpoints(
    [slice("s", "a", "b"), slice("t", "c")],
    [endpoint("a", false), ...endpoints("b", "c")],
    {
      maxPerSlice: 3,
      mustUpdate: () => false,
    },
  );
  expect(packing.update.map((entry) => entry.slice)).toEqual(["s"]);
  expect(packing.unchanged).toEqual(["t"]);
});
