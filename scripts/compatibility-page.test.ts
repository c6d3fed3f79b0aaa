import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { pods } from "../api/core/v1/pod.ts";
import { allKinds } from "../api/kinds.ts";
import { SchemaModel } from "../api/schema/schema-model.ts";
import { applierOf } from "../apiserver/registry/patch/patch.ts";
import type { PatchType } from "../apiserver/registry/store.ts";
import { compatibilityPage, servedPatchTypes } from "./compatibility-page.ts";

const read = (name: string) => readFileSync(new URL(`../docs/${name}`, import.meta.url), "utf8");

test("docs/compatibility.md is what `npm run generate:docs` makes of the kinds and the template", () => {
  expect(read("compatibility.md")).toBe(compatibilityPage(allKinds, read("compatibility.template.md")));
});

test("every kind and every subresource has its line", () => {
  const page = read("compatibility.md");
  for (const kind of allKinds) {
    expect(page).toContain(`| ${kind.apiVersion} ${kind.kind} |`);
    for (const { name } of kind.subresources) expect(page).toContain(`| ${kind.plural}/${name} |`);
  }
});

test("a template without a place for the tables is an error", () => {
  expect(() => compatibilityPage(allKinds, "# Nothing")).toThrow("<!-- kinds -->");
});

describe("the patch types of the page are those that are served", () => {
  const bodies = { json: [], merge: {}, strategic: {}, apply: {} } satisfies Record<PatchType, unknown>;
  const schemaModel = new SchemaModel();

  test.each(Object.entries(bodies) as [PatchType, unknown][])("%s", (type, value) => {
    const request = { type, body: { value, duplicateFields: [] }, force: false };
    const make = () => applierOf({ kind: pods, schemaModel }, request);
    if (servedPatchTypes.includes(type)) expect(make).not.toThrow();
    else expect(make).toThrow(expect.objectContaining({ code: 415 }));
  });
});
