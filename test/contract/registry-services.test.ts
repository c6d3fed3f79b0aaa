import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { WriteOptions } from "../../apiserver/registry/store.ts";
import { createTestRegistry, testContext, withNamespace } from "../harness/registry.ts";

interface Answer {
  readonly code: number;
  readonly spec?: object;
  readonly reason?: string;
  readonly message?: string;
}

interface Row {
  readonly name: string;
  readonly create: object;
  readonly created: Answer;
  /** Merge patches of the spec, one after the other. */
  readonly steps: readonly { readonly patch: object; readonly answer: Answer }[];
}

/** What kube-apiserver 1.36.3 made of Services; cluster IPs are `IP`, node ports `PORT`. */
const rows = JSON.parse(readFileSync(new URL("testdata/services.json", import.meta.url), "utf8")) as Row[];
const options: WriteOptions = { dryRun: false, fieldManager: "test", fieldValidation: "Strict" };

const normal = (value: unknown) =>
  JSON.parse(
    JSON.stringify(value)
      .replaceAll(/10\.96\.\d+\.\d+/g, "IP")
      .replaceAll(/("(?:nodePort|healthCheckNodePort)":)3\d{4}/g, '$1"PORT"'),
  );

async function answerTo(write: Promise<{ readonly object: object }>, code: number): Promise<Answer> {
  try {
    return { code, spec: normal(((await write).object as { spec: object }).spec) };
  } catch (error) {
    const { status } = error as { status?: { code?: number; reason?: string; message?: string } };
    if (status === undefined) throw error;
    return { code: status.code ?? 0, reason: status.reason ?? "", message: normal(status.message) };
  }
}

test.each(rows)(
  "a Service becomes what the real server makes of it: $name",
  async ({ name, create, created, steps }) => {
    const registry = await withNamespace(createTestRegistry());
    const services = registry.store("services");
    const ctx = () => testContext({ namespace: "default" });
    const body = (value: unknown) => ({ value: structuredClone(value), duplicateFields: [] });
    const serviceName = `seq-${name.replaceAll(" ", "-").toLowerCase()}`;
    const object = { metadata: { name: serviceName }, spec: create };
    expect(await answerTo(services.create(ctx(), body(object), options), 201)).toEqual(created);
    for (const { patch, answer } of steps) {
      const merge = { type: "merge", body: body({ spec: patch }), force: false } as const;
      const patched = services.patch(ctx(), serviceName, merge, options).then(({ stored }) => stored);
      expect(await answerTo(patched, 200), JSON.stringify(patch)).toEqual(answer);
    }
  },
);
