import type { ObjectMeta } from "../../../api/meta.ts";

/**
 * A name that makes no good hostname.
 * @param use - `in Pod names and hostnames`
 * @see kubernetes v1.36.3 pkg/apis/core/validation (IsDNS1123LabelWarnings)
 */
export function nameWarnings(metadata: Readonly<ObjectMeta> | undefined, use: string): string[] {
  const { name = "" } = metadata ?? {};
  const wrong = [
    ...(name.length > 63 ? ["must be no more than 63 characters"] : []),
    ...(name.includes(".") ? ["must not contain dots"] : []),
  ];
  if (wrong.length === 0) return [];
  const recommended = `a DNS label is recommended: [${wrong.join(" ")}]`;
  return [`metadata.name: this is used ${use}, which can result in surprising behavior; ${recommended}`];
}
