import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SchemaModel } from "../schema/schema-model.ts";
import { decodeProtobuf } from "./decode.ts";

interface Recorded {
  /** The path kubectl 1.32 sent the body to. */
  readonly kubectl: string;
  readonly body: string;
  /** kube-apiserver 1.36.3 took this, sent as JSON, for the same. */
  readonly value: unknown;
}

const recorded = JSON.parse(
  readFileSync(new URL("../testdata/kubectl-protobuf.json", import.meta.url), "utf8"),
) as readonly Recorded[];

const model = new SchemaModel();

describe("bodies that kubectl sent", () => {
  test.each(recorded.map((row) => [row.kubectl, row] as const))("%s", (_, { body, value }) => {
    expect(decodeProtobuf(Buffer.from(body, "base64"), model).value).toEqual(value);
  });

  test.each(recorded.map((row) => [row.kubectl, row] as const))(
    "%s, cut off anywhere, is refused or shorter",
    (_, { body }) => {
      const bytes = Buffer.from(body, "base64");
      for (let length = 0; length < bytes.length; length++) {
        try {
          decodeProtobuf(bytes.subarray(0, length), model);
        } catch (error) {
          expect(error).toMatchObject({ name: "ProtobufError" });
        }
      }
    },
  );
});

const envelope = (kind: string, raw: string) => {
  const type = `\x0a\x02v1\x12${String.fromCharCode(kind.length)}${kind}`;
  return Buffer.from(
    `k8s\0\x0a${String.fromCharCode(type.length)}${type}\x12${String.fromCharCode(raw.length)}${raw}`,
    "latin1",
  );
};

test("numbers may be negative", () => {
  // ObjectMeta.deletionGracePeriodSeconds = -1
  const pod = envelope("Pod", "\x0a\x0b\x50\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  expect(decodeProtobuf(pod, model).value["metadata"]).toEqual({ deletionGracePeriodSeconds: -1 });
});

test("a label named __proto__ is a label", () => {
  const pod = envelope("Pod", "\x0a\x10\x5a\x0e\x0a\x09__proto__\x12\x01x");
  expect(JSON.stringify(decodeProtobuf(pod, model).value["metadata"])).toBe('{"labels":{"__proto__":"x"}}');
});

test.each([
  ["no magic", Buffer.from("{}"), "does not appear to be a protobuf message"],
  ["an unknown kind", envelope("Nothing", ""), 'no kind "Nothing" is registered for version "v1"'],
])("%s is refused", (_, body, message) => {
  expect(() => decodeProtobuf(body, model)).toThrow(message);
});
