import type { Operation } from "../up/control/operation.ts";
import { parseFaultInput } from "./fault-request.ts";

/** Makes something wrong, or well again; the answer is what is wrong now, a line each. */
export const faultOperation: Operation = {
  name: "fault",
  async run(input, { plane, say, signal }) {
    await plane.faults.apply(parseFaultInput(input), { say, signal });
    return plane.faults.lines();
  },
};
