// `npm test`: everything, in the order that fails fastest. Arguments go to vitest, and then only vitest runs.
import { spawnSync } from "node:child_process";
import { bootstrap, run, tsx } from "./bootstrap.mjs";

await bootstrap();
const only = process.argv.slice(2);
if (only.length === 0) {
  const steps = [
    ["types", "node_modules/typescript/bin/tsc", ["--noEmit"]],
    ["lint and format", "node_modules/@biomejs/biome/bin/biome", ["check", "--error-on-warnings", "."]],
    ["imports", "--import", [tsx(), "scripts/check-imports.ts"]],
  ];
  for (const [name, program, args] of steps) {
    console.error(`gatehouse: checking ${name}`);
    run(process.execPath, [program, ...args], `${name}: see above`);
  }
}
const result = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...only], { stdio: "inherit" });
process.exit(result.status ?? 1);
