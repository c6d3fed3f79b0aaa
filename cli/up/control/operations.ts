import { faultOperation } from "../../fault/operation.ts";
import { memberOperations } from "../members/operations.ts";
import { restoreOperation } from "../restore-operation.ts";
import type { Operation } from "./operation.ts";

/** The only list of what commands may ask of a running launcher. */
export const operations: readonly Operation[] = [
  {
    name: "processes",
    run: async (_input, { plane }) => plane.processes().list(),
  },
  ...memberOperations,
  restoreOperation,
  faultOperation,
];
