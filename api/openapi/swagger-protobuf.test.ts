import protobuf from "protobufjs";
import { expect, test } from "vitest";
import { swaggerProtobuf } from "./swagger-protobuf.ts";

/** What of the published message types a document here uses. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Document { string swagger = 1; Info info = 2; Paths paths = 8; Named definitions = 9; }
  message Info { string title = 1; string version = 2; }
  message Paths { repeated NamedPathItem path = 2; }
  message NamedPathItem { string name = 1; PathItem value = 2; }
  message PathItem { Operation patch = 8; repeated ParametersItem parameters = 9; }
  message Operation { repeated string consumes = 7; repeated ParametersItem parameters = 8; repeated NamedAny vendor_extension = 13; }
  message ParametersItem { Parameter parameter = 1; }
  message Parameter { Body body = 1; NonBody other = 2; }
  message Body { string name = 2; string in = 3; bool required = 4; Schema schema = 5; }
  message NonBody { Query query = 3; Path path = 4; }
  message Query { string in = 2; string name = 4; string type = 6; }
  message Path { bool required = 1; string in = 2; string name = 4; string type = 5; }
  message Named { repeated NamedSchema additional_properties = 1; }
  message NamedSchema { string name = 1; Schema value = 2; }
  message NamedAny { string name = 1; Any value = 2; }
  message Any { string yaml = 2; }
  message Schema {
    string ref = 1; repeated string required = 19; Additional additional_properties = 21; Type type = 22;
    Items items = 23; Named properties = 25; repeated NamedAny vendor_extension = 31;
  }
  message Additional { Schema schema = 1; }
  message Type { repeated string value = 1; }
  message Items { repeated Schema schema = 1; }
`);
const Document = root.lookupType("Document");

const read = (document: unknown) => Document.toObject(Document.decode(swaggerProtobuf(document)));

test("paths: where parameters stand decides about their form", () => {
  const query = { name: "fieldValidation", in: "query", type: "string" };
  const path = { name: "name", in: "path", type: "string", required: true };
  const body = { name: "body", in: "body", required: true, schema: { $ref: "#/definitions/Patch" } };
  const target = { group: "", version: "v1", kind: "Pod" };
  const operation = { consumes: ["*/*"], parameters: [body, query], "x-kubernetes-group-version-kind": target };
  expect(
    read({ swagger: "2.0", info: {}, paths: { "/pods/{name}": { patch: operation, parameters: [path] } } }),
  ).toEqual({
    swagger: "2.0",
    info: {},
    definitions: {},
    paths: {
      path: [
        {
          name: "/pods/{name}",
          value: {
            patch: {
              consumes: ["*/*"],
              parameters: [
                { parameter: { body: { ...body, schema: { ref: "#/definitions/Patch" } } } },
                { parameter: { other: { query } } },
              ],
              vendorExtension: [
                { name: "x-kubernetes-group-version-kind", value: { yaml: `${JSON.stringify(target)}\n` } },
              ],
            },
            parameters: [{ parameter: { other: { path } } }],
          },
        },
      ],
    },
  });
});

test("definitions: objects, lists and maps", () => {
  const long = "x".repeat(300);
  const properties = {
    list: { type: "array", items: { $ref: "#/definitions/A" } },
    map: { type: "object", additionalProperties: { type: "string" } },
    [long]: { type: "integer" },
  };
  const { definitions } = read({ definitions: { A: { type: "object", required: ["list"], properties } } });
  expect(definitions.additionalProperties).toEqual([
    {
      name: "A",
      value: {
        required: ["list"],
        type: { value: ["object"] },
        properties: {
          additionalProperties: [
            { name: "list", value: { type: { value: ["array"] }, items: { schema: [{ ref: "#/definitions/A" }] } } },
            {
              name: "map",
              value: { type: { value: ["object"] }, additionalProperties: { schema: { type: { value: ["string"] } } } },
            },
            { name: long, value: { type: { value: ["integer"] } } },
          ],
        },
      },
    },
  ]);
});
