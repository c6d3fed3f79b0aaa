import { describe, expect, test } from "vitest";
import type { Attributes } from "./attributes.ts";
import { rule, urls } from "./bootstrap/policy.ts";
import { ruleAllows } from "./rule-match.ts";

const request = (more: Partial<Attributes>): Attributes => ({
  isResourceRequest: true,
  verb: "get",
  path: "",
  group: "",
  version: "v1",
  namespace: "default",
  resource: "pods",
  subresource: "",
  name: "",
  ...more,
});
const path = (text: string, verb = "get"): Attributes => request({ isResourceRequest: false, path: text, verb });

const named = rule("get list watch", "core", "configmaps", "a");
const cases = [
  ["exact resource", rule("get", "core", "pods"), request({}), true],
  ["other verb", rule("list", "core", "pods"), request({}), false],
  ["other group", rule("get", "apps", "pods"), request({}), false],
  ["star everywhere reaches subresources", rule("*", "*", "*"), request({ subresource: "log" }), true],
  ["resource does not reach its subresource", rule("get", "core", "pods"), request({ subresource: "log" }), false],
  ["subresource named", rule("get", "core", "pods/log"), request({ subresource: "log" }), true],
  [
    "any resource's subresource",
    rule("update", "*", "*/scale"),
    request({ verb: "update", subresource: "scale" }),
    true,
  ],
  ["pods/* matches nothing special", rule("get", "core", "pods/*"), request({ subresource: "log" }), false],
  ["resourceNames with the name", named, request({ resource: "configmaps", name: "a" }), true],
  ["resourceNames with another name", named, request({ resource: "configmaps", name: "b" }), false],
  ["resourceNames and a nameless list", named, request({ resource: "configmaps", verb: "list" }), false],
  ["path exact", urls("get", "/healthz"), path("/healthz"), true],
  ["path by prefix", urls("get", "/healthz/*"), path("/healthz/etcd"), true],
  ["path prefix does not reach its parent", urls("get", "/healthz/*"), path("/healthz"), false],
  ["resource rule and a path", rule("*", "*", "*"), path("/metrics"), false],
] as const;

describe("ruleAllows", () => {
  test.each(cases)("%s", (_name, policy, attributes, allowed) => {
    expect(ruleAllows(policy, attributes)).toBe(allowed);
  });
});
