import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageRoot } from "../../component-base/package-root.ts";

/** A project far from the sources, with what `npm pack` makes of a checkout that was never built. */
let project: string;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-package-"));
  const checkout = join(folder, "checkout");
  const left = new Set(["node_modules", "dist", ".git", ".gatehouse"]);
  cpSync(packageRoot(), checkout, {
    recursive: true,
    filter: (source) => !left.has(relative(packageRoot(), source)),
  });
  symlinkSync(join(packageRoot(), "node_modules"), join(checkout, "node_modules"));
  execFileSync("npm", ["pack", "--pack-destination", folder], { cwd: checkout, stdio: "ignore" });
  rmSync(checkout, { recursive: true });
  project = join(folder, "project");
  const installed = join(project, "node_modules", "gatehouse");
  mkdirSync(installed, { recursive: true });
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  execFileSync("tar", ["xzf", join(folder, tarball), "-C", installed, "--strip-components=1"]);
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the package starts a control plane without the sources", { timeout: 30_000 }, () => {
  const program = `
    import { startControlPlane } from "gatehouse/testing";
    const plane = await startControlPlane();
    console.log(plane.server);
    await plane.stop();`;
  writeFileSync(join(project, "run.js"), program);
  expect(execFileSync(process.execPath, ["run.js"], { cwd: project, encoding: "utf8" })).toMatch(
    /^https:\/\/127\.0\.0\.1:/,
  );
  const bin = join(project, "node_modules/gatehouse/bin/gatehouse.mjs");
  expect(execFileSync(process.execPath, [bin, "--version"], { encoding: "utf8" })).toMatch(/^\d+\.\d+\.\d+/);
});

test("its types say what startControlPlane takes and gives", () => {
  const program = `
    import { type ControlPlane, startControlPlane } from "gatehouse/testing";
    export const plane: ControlPlane = await startControlPlane({ nodes: 2 });
    export const server: string = plane.server;
    // @ts-expect-error there is no such option
    await startControlPlane({ knots: 2 });
    // @ts-expect-error milliseconds are numbers
    await startControlPlane({ clock: { now: () => "12:00" } });`;
  writeFileSync(join(project, "types.ts"), program);
  const tsc = join(packageRoot(), "node_modules/typescript/bin/tsc");
  const flags = ["--noEmit", "--strict", "--module", "NodeNext", "--target", "ES2022", "--ignoreConfig", "types.ts"];
  const checked = () => execFileSync(process.execPath, [tsc, ...flags], { cwd: project, encoding: "utf8" });
  expect(checked()).toBe("");
});
