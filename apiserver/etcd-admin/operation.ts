import type { Clock } from "../../component-base/clock.ts";
import type { CachedReader } from "../storage/storage.ts";
import type { EtcdCluster } from "./cluster.ts";

export interface EtcdAdminDeps {
  readonly cluster: EtcdCluster;
  readonly cached: CachedReader;
  /** Where the gateway's memory stands. */
  readonly currentRevision: () => bigint;
  readonly etcdPrefix: string;
  readonly clock: Clock;
}

/** What an operation is told by its request. */
export interface OperationInput {
  /** The part of the path that names a member; empty where there is none. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** The body as JSON. @throws StatusError 400 */
  body(): Promise<unknown>;
  readonly signal: AbortSignal;
}

/** What is answered as JSON. */
export interface OperationAnswer {
  readonly code: 200 | 201;
  readonly value: unknown;
}

/** One thing that an operator may ask of etcd. @throws StatusError */
export type Operation = (input: OperationInput, deps: EtcdAdminDeps) => Promise<OperationAnswer>;

/** How long etcd may take for what the cluster agrees on; its own patience ends before that. */
export const CLUSTER_MS = 10_000;
