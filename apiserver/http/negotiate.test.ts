import { expect, test } from "vitest";
import { negotiate, type Offer, parseAccept } from "./negotiate.ts";

const table = "application/json;as=Table;v=v1;g=meta.k8s.io";

const served: [name: string, accept: string, offer: Offer, expected: object][] = [
  ["nothing asked", "", "objectOrTransform", { media: "json", as: "object" }],
  ["anything", "*/*", "objectOrTransform", { media: "json", as: "object" }],
  ["typed Go clients", "application/vnd.kubernetes.protobuf,application/json", "watch", { media: "json" }],
  ["kubectl get", `${table},application/json`, "objectOrTransform", { as: "Table", version: "v1" }],
  ["an old table", table.replace("=v1", "=v1beta1"), "objectOrTransform", { as: "Table", version: "v1beta1" }],
  ["a table of what has none", `${table},application/json`, "object", { as: "object" }],
  [
    "an unknown form is skipped",
    "application/json;as=X;v=v1;g=meta.k8s.io,application/yaml",
    "object",
    { media: "yaml" },
  ],
  ["quality decides", "application/yaml;q=0.5,application/json;q=0.9", "object", { media: "json" }],
  ["unknown parameters do not matter", "application/json;foo=bar", "object", { media: "json" }],
  ["browsers", "text/html,application/xml;q=0.9,*/*;q=0.8", "object", { media: "json" }],
];
test.each(served)("%s", (_name, accept, offer, expected) => {
  expect(negotiate(parseAccept(accept), offer)).toMatchObject(expected);
});

const refused: [name: string, accept: string, offer: Offer, message: string][] = [
  ["no known type", "text/html", "object", "406: Not Acceptable"],
  ["a half wildcard", "application/*", "object", "406: Not Acceptable"],
  ["protobuf alone", "application/vnd.kubernetes.protobuf", "object", "only the following media types are accepted"],
  ["a table of a review", table, "object", "only the following media types are accepted"],
  ["YAML watches", "application/yaml", "watch", "application/json;stream=watch"],
];
test.each(refused)("406: %s", (_name, accept, offer, message) => {
  expect(() => negotiate(parseAccept(accept), offer)).toThrow(message);
});
