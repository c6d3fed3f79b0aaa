import { expect, test } from "vitest";
import { podTemplateHash, sameTemplate } from "./pod-template.ts";

const template = (image: string, more: object = {}) => ({ spec: { containers: [{ name: "a", image, ...more }] } });

test("order of fields, empty lists and the hash label make no difference", () => {
  const other = {
    metadata: { labels: { "pod-template-hash": "abc" } },
    spec: { containers: [{ image: "nginx", name: "a", env: [] }] },
  };
  expect(sameTemplate(template("nginx"), other)).toBe(true);
  expect(podTemplateHash(template("nginx"), 0)).toBe(podTemplateHash(other, 0));
});

test("another image or collision count gives another hash, of safe characters", () => {
  const hashes = [
    podTemplateHash(template("a"), 0),
    podTemplateHash(template("b"), 0),
    podTemplateHash(template("a"), 1),
  ];
  expect(new Set(hashes).size).toBe(3);
  for (const hash of hashes) expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
  expect(sameTemplate(template("a"), template("b"))).toBe(false);
});
