import { relative } from "node:path";
import type { DataDir } from "../data-dir.ts";

/** What a user reads when everything is ready. */
export function readyBanner(facts: {
  readonly elapsedMs: number;
  readonly server: string;
  readonly folder: DataDir;
  /** Members of the bundled etcd, if it is that; default 1. */
  readonly members?: number;
  /** Default 1. */
  readonly gateways?: number;
}): string {
  const { members = 1, gateways = 1 } = facts;
  const places = [
    ["API server", facts.server + (gateways > 1 ? `, a balancer in front of ${gateways}` : "")],
    ...(members > 1 ? [["etcd", `${members} members, of which ${Math.floor((members - 1) / 2)} may be lost`]] : []),
    ["logs", relative(process.cwd(), facts.folder.logs) || facts.folder.logs],
  ];
  return `gatehouse ready in ${Math.round(facts.elapsedMs)} ms

${places.map(([name = "", place]) => `  ${name.padEnd(12)}${place}`).join("\n")}

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
