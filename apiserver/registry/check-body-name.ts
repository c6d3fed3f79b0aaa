import type { ApiObject } from "../../api/meta.ts";
import { badRequest } from "../../api/status.ts";

/** A body must be about the object that the URL names. @throws StatusError 400 */
export function checkBodyName({ metadata }: Readonly<ApiObject>, name: string): void {
  if (!metadata?.name) {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
}
