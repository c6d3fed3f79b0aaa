import type { Kind } from "../kind.ts";
import { openApiName, type SchemaModel } from "../schema/schema-model.ts";
import { type Operation, operationsOf } from "./operations.ts";
import type { Parameter } from "./parameters.ts";
import { type Json, patchDefinition, schemasOf } from "./schemas.ts";

const info = { title: "Kubernetes", version: "1.36" };

/**
 * The OpenAPI documents of the served kinds, made when they are asked for: version 3 by key (`api/v1`, `apis/apps/v1`,
 * `version`), version 2 as one.
 */
export class OpenApiBuilder {
  readonly #model: SchemaModel;
  readonly #kinds: readonly Kind[];

  constructor(deps: { model: SchemaModel; kinds: readonly Kind[] }) {
    this.#model = deps.model;
    this.#kinds = deps.kinds;
  }

  keys(): readonly string[] {
    return [...new Set(this.#kinds.map(keyOf)), "version"].sort();
  }

  /** One document of version 3 as JSON; empty but valid for an unknown key. */
  document(key: string): string {
    const kinds = this.#kinds.filter((kind) => keyOf(kind) === key);
    const operations = kinds.flatMap(operationsOf);
    const refs = "#/components/schemas/";
    return JSON.stringify({
      openapi: "3.0.0",
      info,
      paths: pathItems(operations, (operation) => operationV3(operation, refs)),
      components: {
        schemas: schemasOf({ model: this.#model, kinds, roots: definitionsIn(operations), refs }),
        securitySchemes: {
          BearerToken: {
            type: "apiKey",
            description: "Bearer Token authentication",
            name: "authorization",
            in: "header",
          },
        },
      },
    });
  }

  /** The document of version 2 as JSON. */
  swagger(): string {
    const operations = this.#kinds.flatMap(operationsOf);
    const refs = "#/definitions/";
    return JSON.stringify({
      swagger: "2.0",
      info,
      paths: pathItems(operations, (operation) => operationV2(operation, refs)),
      definitions: schemasOf({ model: this.#model, kinds: this.#kinds, roots: definitionsIn(operations), refs }),
    });
  }
}

const keyOf = (kind: Kind) => (kind.group === "" ? `api/${kind.version}` : `apis/${kind.apiVersion}`);

/** What bodies and answers are, beyond the kinds and their lists. */
function definitionsIn(operations: readonly Operation[]): string[] {
  const named = operations.flatMap(({ body, answer }) => [body, answer]);
  const known = named.filter((name): name is string => name !== undefined && name !== patchDefinition);
  return [...new Set(known.filter((name) => !name.endsWith("List")))].concat(openApiName("meta.v1.Status"));
}

type Render = (operation: Operation) => { item: Json; parameters: (parameter: Parameter) => Json };

function pathItems(operations: readonly Operation[], render: Render): Record<string, Json> {
  const items: Record<string, Json> = {};
  for (const operation of operations) {
    const { item, parameters } = render(operation);
    items[operation.path] = {
      ...items[operation.path],
      [operation.method]: item,
      parameters: operation.pathParameters.map(parameters),
    };
  }
  return items;
}

const common = ({ id, description, action, target, path }: Operation) => ({
  tags: [
    path
      .split("/")
      .slice(1, path.startsWith("/apis/") ? 4 : 3)
      .join("_"),
  ],
  description,
  operationId: id,
  "x-kubernetes-action": action,
  "x-kubernetes-group-version-kind": target,
});

const patchTypes = [
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

const answerTypes = ["application/json", "application/yaml"];

function operationV3(operation: Operation, refs: string): ReturnType<Render> {
  const { body, answer, method } = operation;
  const content = (types: readonly string[], name: string) =>
    Object.fromEntries(types.map((type) => [type, { schema: { $ref: refs + name } }]));
  const parameter = ({ name, in: where, type, description }: Parameter): Json => ({
    name,
    in: where,
    description,
    ...(where === "path" && { required: true }),
    schema: { type, uniqueItems: true },
  });
  const answers =
    answer === undefined ? { "text/plain": { schema: { type: "string" } } } : content(answerTypes, answer);
  const item: Json = {
    ...common(operation),
    parameters: operation.parameters.map(parameter),
    ...(body !== undefined && {
      requestBody: {
        content: content(method === "patch" ? patchTypes : ["*/*"], body),
        ...(method !== "delete" && { required: true }),
      },
    }),
    responses: { "200": { description: "OK", content: answers }, "401": { description: "Unauthorized" } },
  };
  return { item, parameters: parameter };
}

function operationV2(operation: Operation, refs: string): ReturnType<Render> {
  const { body, answer, method } = operation;
  const parameter = ({ name, in: where, type, description }: Parameter): Json => ({
    uniqueItems: true,
    type,
    description,
    name,
    in: where,
    ...(where === "path" && { required: true }),
  });
  const bodyParameter = { name: "body", in: "body", schema: { $ref: refs + body }, required: method !== "delete" };
  const item: Json = {
    ...common(operation),
    consumes: method === "patch" ? patchTypes : ["*/*"],
    produces: answer === undefined ? ["text/plain"] : answerTypes,
    schemes: ["https"],
    parameters: [...(body === undefined ? [] : [bodyParameter]), ...operation.parameters.map(parameter)],
    responses: {
      "200": { description: "OK", schema: answer === undefined ? { type: "string" } : { $ref: refs + answer } },
      "401": { description: "Unauthorized" },
    },
  };
  return { item, parameters: parameter };
}
