import type { Component } from "../component-base/component.ts";
import { apiserverConfig } from "./config.ts";
import { apiserverFlags } from "./flags.ts";
import { startApiserver } from "./start.ts";

/** The API server as launchers see it. */
export const apiserver: Component<typeof apiserverFlags> = {
  name: "apiserver",
  purpose: "serves the Kubernetes API; the only client of etcd",
  flags: apiserverFlags,
  start: (flags, deps) => startApiserver(apiserverConfig(flags), deps),
};
