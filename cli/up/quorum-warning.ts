/**
 * Why an even number of members is one too many, as a sentence with the arithmetic; undefined for an odd number.
 * @see https://etcd.io/docs/v3.6/faq/#why-an-odd-number-of-cluster-members
 */
export function quorumWarning(members: number): string | undefined {
  if (members % 2 === 1) return undefined;
  const quorum = (count: number) => Math.floor(count / 2) + 1;
  const spare = (count: number) => count - quorum(count);
  return (
    `${members} etcd members need ${quorum(members)} for a quorum and outlive the loss of ${spare(members)}, ` +
    `no more than ${members - 1} would (quorum ${quorum(members - 1)}, loss of ${spare(members - 1)}): an odd number is better`
  );
}
