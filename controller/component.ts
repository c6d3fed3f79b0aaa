import type { Component } from "../component-base/component.ts";
import { controllerFlags } from "./flags.ts";
import { startController } from "./start.ts";

/** The controllers as launchers see them. */
export const controller: Component<typeof controllerFlags> = {
  name: "controller",
  purpose: "runs the loops that bring the cluster's objects to what they say they should be",
  flags: controllerFlags,
  start: startController,
};
