import { relative } from "node:path";
import type { DataDir } from "../data-dir.ts";

/** What a user reads when everything is ready. */
export function readyBanner(facts: {
  readonly elapsedMs: number;
  readonly server: string;
  readonly folder: DataDir;
}): string {
  return `gatehouse ready in ${Math.round(facts.elapsedMs)} ms

  API server  ${facts.server}
  logs        ${relative(process.cwd(), facts.folder.logs) || facts.folder.logs}

  export KUBECONFIG=${shellWord(facts.folder.kubeconfig)}

  kubectl get nodes
  kubectl create deployment web --image=nginx --replicas=3
  kubectl get pods --watch
`;
}

/** As it is where a shell takes it for one word, else in quotes. */
function shellWord(text: string): string {
  return /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
