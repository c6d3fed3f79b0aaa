/** The library for tests: `import { startControlPlane } from "gatehouse/testing"`. */
export { type ControlPlane, type ControlPlaneOptions, startControlPlane } from "./control-plane.ts";
