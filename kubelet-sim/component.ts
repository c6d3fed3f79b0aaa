import type { Component } from "../component-base/component.ts";
import { configFromFlags, kubeletSimFlags } from "./flags.ts";
import { startKubeletSim } from "./start.ts";

export const kubeletSim: Component<typeof kubeletSimFlags> = {
  name: "kubelet-sim",
  purpose: "plays the kubelets of any number of nodes, and the Pods on them",
  flags: kubeletSimFlags,
  start: async (config, deps) => await startKubeletSim(configFromFlags(config), deps),
};
