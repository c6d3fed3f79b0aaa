import { readIfExists, writeFileAtomically } from "../component-base/secret-file.ts";
import type { EtcdClientFiles } from "../etcd/pki.ts";
import type { DataDir } from "./data-dir.ts";
import { UserError } from "./user-error.ts";

/** What other commands need to know about a plane. */
export interface PlaneFacts {
  /** Where clients are served: by the only gateway, or by the balancer in front of several. */
  readonly server: string;
  readonly gateways: readonly { readonly name: string; readonly url: string }[];
  readonly etcdServers: readonly string[];
  /** Empty names where an etcd of the user's own needs no certificates. */
  readonly etcdFiles: EtcdClientFiles;
  readonly etcdPrefix: string;
}

export function writePlaneFacts(folder: DataDir, facts: PlaneFacts): void {
  writeFileAtomically(folder.planeFile, `${JSON.stringify(facts, null, 2)}\n`);
}

/** @throws UserError when no plane has ever run there */
export function readPlaneFacts(folder: DataDir): PlaneFacts {
  const text = readIfExists(folder.planeFile);
  if (text === undefined) throw noPlane(folder);
  return JSON.parse(text) as PlaneFacts;
}

/** Nothing has ever run in this data directory. */
export function noPlane(folder: DataDir): UserError {
  return new UserError(
    `${folder.root} holds no control plane: start one with \`npm start\`, or name another with --data-dir`,
  );
}
