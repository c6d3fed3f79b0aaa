import type { FieldType, Model } from "./generate-model.ts";

/** Definitions that `api/meta.ts` and `api/status.ts` write by hand, because every part of the product speaks of them. */
const written: Readonly<Record<string, { module: string; name: string }>> = {
  V1ObjectMeta: { module: "../meta.ts", name: "ObjectMeta" },
  V1OwnerReference: { module: "../meta.ts", name: "OwnerReference" },
  V1ManagedFieldsEntry: { module: "../meta.ts", name: "ManagedFieldsEntry" },
  V1ListMeta: { module: "../meta.ts", name: "ListMeta" },
  V1Status: { module: "../status.ts", name: "Status" },
  V1StatusDetails: { module: "../status.ts", name: "StatusDetails" },
  V1StatusCause: { module: "../status.ts", name: "StatusCause" },
};

/** `V1Pod` is `Pod`; names that two groups share keep their prefix: `CoreV1Event`, `V2MetricSpec`. */
const typeName = (model: string): string => (/^V1[A-Z]/.test(model) ? model.slice(2) : model);

/** Wire types of all definitions, as the text of one module. */
export function typesModule(models: ReadonlyMap<string, Model>): string {
  const own = [...models.values()].filter((model) => written[model.model] === undefined);
  const imports = new Map<string, string[]>();
  for (const { module, name } of Object.values(written)) imports.set(module, [...(imports.get(module) ?? []), name]);
  const head = [...imports].map(([module, names]) => `import type { ${names.sort().join(", ")} } from "${module}";`);
  return [
    "/** Wire types of Kubernetes 1.36: the JSON exactly. Made by scripts/generate.ts; do not edit. */",
    ...head,
    "",
    ...own.map(interfaceText),
  ].join("\n");
}

function interfaceText(model: Model): string {
  const fields = model.fields.map((field) => {
    const name = /^[A-Za-z_$][\w$]*$/.test(field.name) ? field.name : JSON.stringify(field.name);
    return `${comment(field.doc, "  ")}  ${name}${field.required ? "" : "?"}: ${typeText(field.type)};\n`;
  });
  return `${comment(model.doc, "")}export interface ${typeName(model.model)} {\n${fields.join("")}}\n`;
}

const comment = (doc: string, indent: string) =>
  doc === "" ? "" : `${indent}/** ${doc.replaceAll("*/", "*\\/")} */\n`;

function typeText(type: FieldType): string {
  switch (type.kind) {
    case "string":
    case "bytes":
    case "time":
    case "microTime":
      return "string";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "intOrString":
      return "number | string";
    case "any":
      return "unknown";
    case "array":
      return type.items.kind === "intOrString" ? "(number | string)[]" : `${typeText(type.items)}[]`;
    case "map":
      return `Record<string, ${typeText(type.values)}>`;
    case "ref":
      return written[type.model]?.name ?? typeName(type.model);
  }
}
