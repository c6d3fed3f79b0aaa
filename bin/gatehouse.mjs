#!/usr/bin/env node
import { existsSync } from "node:fs";

// In a checkout, sources may be newer than what was built; an installed package has only what was built.
const bootstrapScript = new URL("../scripts/bootstrap.mjs", import.meta.url);
if (existsSync(bootstrapScript)) {
  const { bootstrap } = await import(bootstrapScript.href);
  await bootstrap();
}
await import("../dist/cli/main.js");
