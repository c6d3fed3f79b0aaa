import type { Plugin } from "../framework.ts";

/**
 * Holds the place of upstream's plugin for ResourceClaims, of which there are none here: it only says, as upstream's
 * does about a Pod that fits nowhere, that no claim could be given up for it.
 */
export const dynamicResources: Plugin = {
  name: "DynamicResources",
  postFilter: () => ({ kind: "unschedulable", message: "no new claims to deallocate" }),
};
