/** Votes that a cluster needs to elect a leader and to commit a write. */
export function quorumOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}
