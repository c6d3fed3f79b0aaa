import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { columnDocsModule, documentedDefinitions } from "./generate-column-docs.ts";
import { definitionsModule, descriptionsModule, joinDefinitions } from "./generate-definitions.ts";
import { readModels } from "./generate-model.ts";
import { typesModule } from "./generate-types.ts";

const root = new URL("../", import.meta.url);

/** Writes only what changed, so that watchers and incremental builds stay quiet. */
function write(path: string, text: string): void {
  const file = fileURLToPath(new URL(path, root));
  if (current(file) === text) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function current(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

const models = readModels();
write("api/generated/types.ts", typesModule(models));

/** `io.k8s.api.core.v1.Pod` is `core.v1.Pod` in our tables. */
const shortName = (schema: string) => schema.split(".").slice(-3).join(".");

/** Bodies that are no kind of their own. */
const bodies = [
  "autoscaling.v1.Scale",
  "policy.v1.Eviction",
  "authentication.v1.TokenRequest",
  "meta.v1.DeleteOptions",
  "meta.v1.Status",
  "meta.v1.ListMeta",
];
write("api/generated/column-docs.ts", columnDocsModule(joinDefinitions(models, documentedDefinitions)));

// The rows show documentation in their columns, so they can only be loaded now.
const { allKinds } = await import("../api/kinds.ts");
const kindNames = allKinds.map((kind) => shortName(kind.schema));
const definitions = joinDefinitions(models, [...kindNames, ...bodies]);
write("api/generated/definitions.ts", definitionsModule(definitions));
write("api/generated/descriptions.ts", descriptionsModule(definitions));

// Reads what was just written, so it can only be loaded now.
const { SchemaModel } = await import("../api/schema/schema-model.ts");
const { validatorDeclaration, validatorModule, validatorsModule } = await import("./generate-validators.ts");
const model = new SchemaModel();
const checked = [...kindNames, ...bodies.slice(0, 4)].sort();
for (const name of checked) {
  write(`api/generated/validators/${name}.js`, validatorModule(model, name));
  write(`api/generated/validators/${name}.d.ts`, validatorDeclaration);
}
write("api/generated/validators.ts", validatorsModule(checked));
