import type { Kind, Subresource, Verb } from "../kind.ts";
import { openApiName } from "../schema/schema-model.ts";
import {
  deleteCollectionParameters,
  deleteParameters,
  dryRun,
  fieldManager,
  fieldValidation,
  force,
  listParameters,
  nameParameter,
  namespaceParameter,
  type Parameter,
  pretty,
} from "./parameters.ts";
import { patchDefinition } from "./schemas.ts";

/** What may be done to one path, in the words of neither version of OpenAPI. */
export interface Operation {
  readonly path: string;
  readonly pathParameters: readonly Parameter[];
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  readonly id: string;
  readonly description: string;
  readonly action: string;
  readonly target: { readonly group: string; readonly version: string; readonly kind: string };
  readonly parameters: readonly Parameter[];
  /** Definition of the request's body. */
  readonly body: string | undefined;
  /** Definition of the answer; undefined: plain text. */
  readonly answer: string | undefined;
}

const statusDefinition = openApiName("meta.v1.Status");
const deleteOptionsDefinition = openApiName("meta.v1.DeleteOptions");

interface Shape {
  readonly method: Operation["method"];
  readonly action: string;
  readonly idVerb: string;
  readonly parameters: readonly Parameter[];
  readonly onCollection: boolean;
}

const shapes: Readonly<Record<Exclude<Verb, "watch">, Shape>> = {
  list: { method: "get", action: "list", idVerb: "list", parameters: listParameters, onCollection: true },
  create: {
    method: "post",
    action: "post",
    idVerb: "create",
    parameters: [dryRun, fieldManager, fieldValidation],
    onCollection: true,
  },
  deletecollection: {
    method: "delete",
    action: "deletecollection",
    idVerb: "deleteCollection",
    parameters: deleteCollectionParameters,
    onCollection: true,
  },
  get: { method: "get", action: "get", idVerb: "read", parameters: [], onCollection: false },
  update: {
    method: "put",
    action: "put",
    idVerb: "replace",
    parameters: [dryRun, fieldManager, fieldValidation],
    onCollection: false,
  },
  delete: { method: "delete", action: "delete", idVerb: "delete", parameters: deleteParameters, onCollection: false },
  patch: {
    method: "patch",
    action: "patch",
    idVerb: "patch",
    parameters: [dryRun, fieldManager, fieldValidation, force],
    onCollection: false,
  },
};

/** Everything that may be done to a kind and its subresources. */
export function operationsOf(kind: Kind): Operation[] {
  const namespaced = kind.scope === "Namespaced";
  const base = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const collection = `${base}/${namespaced ? "namespaces/{namespace}/" : ""}${kind.plural}`;
  const around = namespaced ? [namespaceParameter, pretty] : [pretty];
  const made = kind.verbs.flatMap((verb) => {
    if (verb === "watch") return [];
    const shape = shapes[verb];
    const path = shape.onCollection ? collection : `${collection}/{name}`;
    const pathParameters = shape.onCollection ? around : [nameParameter(kind.kind), ...around];
    return [operation({ kind, verb, shape, path, pathParameters })];
  });
  if (namespaced && kind.verbs.includes("list")) {
    const path = `${base}/${kind.plural}`;
    const everywhere = operation({ kind, verb: "list", shape: shapes.list, path, pathParameters: [pretty] });
    made.push({ ...everywhere, id: `list${groupName(kind)}${kind.kind}ForAllNamespaces` });
  }
  for (const subresource of kind.subresources) {
    const path = `${collection}/{name}/${subresource.name}`;
    const pathParameters = [nameParameter(kind.kind), ...around];
    for (const verb of subresource.verbs) {
      if (verb === "watch") continue;
      made.push(operation({ kind, verb, shape: shapes[verb], path, pathParameters, subresource }));
    }
  }
  return made;
}

function operation(options: {
  kind: Kind;
  verb: Exclude<Verb, "watch">;
  shape: Shape;
  path: string;
  pathParameters: readonly Parameter[];
  subresource?: Subresource;
}): Operation {
  const { kind, verb, shape, path, pathParameters, subresource } = options;
  const { group, version, kind: name } = subresource?.kind ?? kind;
  const definition =
    subresource?.kind === undefined ? kind.schema : openApiName(`${schemaGroup(group)}.${version}.${name}`);
  const scope = kind.scope === "Namespaced" ? "Namespaced" : "";
  const { method, action, parameters, idVerb } = shape;
  return {
    path,
    pathParameters,
    method,
    id: `${idVerb}${groupName(kind)}${verb === "deletecollection" ? "Collection" : ""}${scope}${kind.kind}${capital(subresource?.name ?? "")}`.replace(
      "deleteCollection",
      "delete",
    ),
    description: `${idVerb} ${subresource === undefined ? "" : `${subresource.name} of `}${kind.kind}`,
    action,
    target: { group, version, kind: name },
    parameters,
    body: subresource?.connects === true ? undefined : bodyOf(verb, definition),
    answer: answerOf({ verb, definition, kind, isText: subresource?.name === "log" || subresource?.connects === true }),
  };
}

function bodyOf(verb: Verb, definition: string): string | undefined {
  if (verb === "create" || verb === "update") return definition;
  if (verb === "patch") return patchDefinition;
  return verb === "delete" || verb === "deletecollection" ? deleteOptionsDefinition : undefined;
}

function answerOf(options: { verb: Verb; definition: string; kind: Kind; isText: boolean }): string | undefined {
  const { verb, definition, kind, isText } = options;
  if (isText) return undefined;
  if (verb === "list") return `${definition}List`;
  if (verb === "deletecollection") return statusDefinition;
  return verb === "delete" && !kind.returnsDeletedObject ? statusDefinition : definition;
}

const capital = (text: string) => (text === "" ? "" : `${text[0]?.toUpperCase()}${text.slice(1)}`);

/** `rbac.authorization.k8s.io/v1` is `RbacAuthorizationV1`. */
const groupName = (kind: Kind) =>
  (kind.group === "" ? "core" : kind.group.replace(/\.k8s\.io$/, "")).split(".").map(capital).join("") +
  capital(kind.version);

/** The group as definitions name it: `authentication.k8s.io` is `authentication`. */
const schemaGroup = (group: string) => (group === "" ? "core" : (group.split(".")[0] ?? group));
