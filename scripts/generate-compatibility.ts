import { readFileSync, writeFileSync } from "node:fs";
import { allKinds } from "../api/kinds.ts";
import { compatibilityPage } from "./compatibility-page.ts";

const docs = new URL("../docs/", import.meta.url);
const template = readFileSync(new URL("compatibility.template.md", docs), "utf8");
writeFileSync(new URL("compatibility.md", docs), compatibilityPage(allKinds, template));
