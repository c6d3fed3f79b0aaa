import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
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
