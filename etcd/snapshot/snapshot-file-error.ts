/**
 * What may be wrong with a snapshot file. `NotASnapshot`: it is something else; `CutOff`: its end is missing; `Checksum`: the
 * SHA-256 at its end belongs to other content; `Damaged`: pages contradict each other; `Unsupported`: no etcd of ours makes such
 * a file, or the one that is here cannot read it.
 */
export type SnapshotFileProblem = "NotASnapshot" | "CutOff" | "Checksum" | "Damaged" | "Unsupported";

/** Its message is one sentence that starts with the file's name and can be shown as it is. */
export class SnapshotFileError extends Error {
  override readonly name = "SnapshotFileError";
  readonly code: SnapshotFileProblem;

  constructor(code: SnapshotFileProblem, message: string) {
    super(message);
    this.code = code;
  }
}
