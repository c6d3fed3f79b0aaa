/** Why members cannot be restored, other than for what is wrong with the file: one sentence that can be shown as it is. */
export class RestoreError extends Error {
  override readonly name = "RestoreError";
}
