import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGateway, type TestGateway } from "../harness/gateway.ts";

interface Row {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  /** Default: JSON. */
  readonly type?: string;
  readonly code: number;
  /** Of a refusal, less the differences between two Go values. Absent: it shows a whole object. */
  readonly message?: string;
  /** The code of the real server, where it takes a client's mistake for its own. */
  readonly instead?: number;
}

/** Requests in their order, and what kube-apiserver 1.36.3 answered to each. */
const rows = JSON.parse(readFileSync(new URL("testdata/requests.json", import.meta.url), "utf8")) as Row[];

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
  const body = { metadata: { name: "default" } };
  await gateway.call("/api/v1/namespaces/default/serviceaccounts", { body });
});
afterAll(() => gateway?.stop());

const comparable = (message: string | undefined) =>
  message
    ?.replace(/\n@@[\s\S]*/, "")
    .trimEnd()
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "UID")
    .replaceAll(/20\d\d-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/10\.96\.\d+\.\d+/g, "IP")
    .replace(/record \(\d+\)/, "record (N)");

test(`${rows.length} requests, one after the other, are answered as by the real server`, async () => {
  for (const { method, path, body, type = "application/json", code, message } of rows) {
    const headers = { "content-type": type, "user-agent": "seq/1" };
    const answer = await gateway.call(path, { method, headers, ...(body !== undefined && { body }) });
    const asked = `${method} ${path} ${JSON.stringify(body)}`;
    expect(answer.status, `${asked}: ${answer.text}`).toBe(code);
    if (message !== undefined) expect(comparable(answer.json.message), asked).toBe(message);
  }
});
