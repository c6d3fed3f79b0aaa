import { badRequest } from "../../api/status.ts";
import type { CompactAnswer } from "./answers.ts";
import { newestRevision } from "./cluster.ts";
import { etcdErrors } from "./errors.ts";
import type { Operation } from "./operation.ts";

/** It answers only when the space is free, and other writes go on meanwhile. */
const COMPACT_MS = 50_000;

/** `POST compact[?revision=N]`: forgets history before N, or all that is over. */
export const compact: Operation = async ({ query, signal }, { cluster, currentRevision }) => {
  const asked = query.get("revision");
  if (asked !== null && !/^[1-9]\d{0,17}$/.test(asked)) {
    throw badRequest(`revision: ${JSON.stringify(asked)} is no revision: a whole number of 1 or more`);
  }
  const { admin, survey } = await cluster.leading(signal);
  const newest = newestRevision(survey, currentRevision());
  const revision = asked === null ? newest : BigInt(asked);
  await etcdErrors(() => admin.compact(revision, { timeoutMs: COMPACT_MS, signal }));
  const value: CompactAnswer = { revision: revision.toString(), currentRevision: newest.toString() };
  return { code: 200, value };
};
