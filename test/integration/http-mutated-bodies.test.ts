import { afterAll, beforeAll, expect, test } from "vitest";
import { allKinds } from "../../api/kinds.ts";
import { seededRandom } from "../../component-base/seeded-random.ts";
import { type Answer, startGateway, type TestGateway } from "../harness/gateway.ts";
import { mutated } from "../harness/mutate.ts";
import { sampleOf } from "../harness/samples.ts";

/** Another seed and more requests for a longer search by hand. */
const seed = Number(process.env["GATEHOUSE_TEST_SEED"] ?? 1);
const requests = Number(process.env["GATEHOUSE_TEST_REQUESTS"] ?? 300);

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
  const account = { metadata: { name: "default" } };
  await gateway.call("/api/v1/namespaces/default/serviceaccounts", { body: account });
});
afterAll(() => gateway?.stop());

const kinds = allKinds.filter((kind) => kind.verbs.includes("create"));
const patchTypes = ["merge-patch+json", "strategic-merge-patch+json", "json-patch+json"];

/** Where objects of a kind are, and one of them. */
function target(index: number) {
  const kind = kinds[index % kinds.length] as (typeof kinds)[number];
  const root = kind.group === "" ? "/api/v1" : `/apis/${kind.apiVersion}`;
  const collection = `${root}${kind.scope === "Namespaced" ? "/namespaces/default" : ""}/${kind.plural}`;
  return { kind, collection, sample: sampleOf(kind) };
}

function strangeRequest(index: number, random: () => number) {
  const { collection, sample } = target(index);
  const name = sample.metadata?.name ?? "";
  const query = random() < 0.3 ? "?fieldValidation=Strict" : "";
  const draw = random();
  if (draw < 0.4) {
    const headers = { "Content-Type": random() < 0.15 ? "application/yaml" : "application/json" };
    return { path: collection + query, method: "POST", headers, body: mutated(sample, random) };
  }
  const path = `${collection}/${name}${query}`;
  if (draw < 0.6) return { path, method: "PUT", headers: jsonType, body: mutated(sample, random) };
  if (draw < 0.65) {
    const options = {
      gracePeriodSeconds: 1,
      dryRun: ["All"],
      preconditions: { uid: "x" },
      propagationPolicy: "Orphan",
    };
    return { path, method: "DELETE", headers: jsonType, body: mutated(options, random) };
  }
  const type = patchTypes[Math.floor(random() * patchTypes.length)] ?? "";
  const operations = [{ op: "replace", path: "/metadata/labels", value: { a: "b" } }];
  const body = mutated(type === "json-patch+json" ? operations : sample, random);
  return { path, method: "PATCH", headers: { "Content-Type": `application/${type}` }, body };
}

const jsonType = { "Content-Type": "application/json" };

/** The newest revision of any object. */
const revision = async () => (await gateway.call("/api/v1/configmaps")).json.metadata.resourceVersion as string;

/** How many addresses are taken: a refused Service takes one and gives it back. */
const addresses = async () =>
  (await gateway.call("/apis/networking.k8s.io/v1/ipaddresses")).json.items.length as number;

test(`${requests} bodies that are almost right are taken or refused properly (seed ${seed})`, async () => {
  const random = seededRandom(seed);
  for (const index of kinds.keys()) {
    const { collection, sample } = target(index);
    await gateway.call(collection, { body: sample });
  }
  let before = await revision();
  let taken = await addresses();
  let refused = 0;
  for (let index = 0; index < requests; index++) {
    const { path, ...request } = strangeRequest(index, random);
    const answer = await gateway.call(path, request);
    const shown = `${request.method} ${path} ${request.headers["Content-Type"]} ${request.body.slice(0, 400)}`;
    expect(answer.status, `${shown}: ${answer.text.slice(0, 400)}`).toBeLessThan(500);
    const after = await revision();
    if (answer.status >= 400) {
      refused++;
      expectStatus(answer, shown);
      if (path.includes("/services")) expect(await addresses(), `${shown} keeps nothing`).toBe(taken);
      else expect(after, `${shown} changes nothing`).toBe(before);
    }
    if (after !== before) taken = await addresses();
    before = after;
  }
  expect(refused, "most bodies are wrong").toBeGreaterThan(requests / 3);
  expect(refused, "some are right").toBeLessThan(requests);
  expect({}).not.toHaveProperty("polluted");
  expect((await gateway.call("/livez")).text).toBe("ok");
}, 600_000);

function expectStatus(answer: Answer, shown: string): void {
  const { json } = answer;
  expect(json, shown).toMatchObject({ kind: "Status", apiVersion: "v1", status: "Failure", code: answer.status });
  expect(typeof json.message, shown).toBe("string");
  expect(json.reason, shown).toMatch(/^[A-Z][A-Za-z]+$/);
  for (const { reason, field } of json.details?.causes ?? []) {
    expect(reason, shown).toMatch(/^[A-Z][A-Za-z]+$/);
    expect(typeof field, shown).toBe("string");
  }
}
