import { expect, test } from "vitest";
import { controllers } from "./controllers.ts";
import { selectedControllers } from "./selected-controllers.ts";

const names = (wanted: string[]) => selectedControllers(controllers, wanted).map(({ name }) => name);

test("all but those with a minus", () => {
  const selected = names(["*", "-deployment", "-garbage-collector-controller"]);
  expect(selected).not.toContain("deployment-controller");
  expect(selected).not.toContain("garbage-collector-controller");
  expect(selected).toHaveLength(controllers.length - 2);
});

test("only those named", () => {
  expect(names(["replicaset", "namespace-controller"])).toEqual(["replicaset-controller", "namespace-controller"]);
});

test("a name that is none is an error that lists those there are", () => {
  expect(() => names(["*", "-nonsense"])).toThrow(/no such controller: -nonsense; there are deployment-controller, /);
});
