/** Lowest patch level of each minor release that we run on; later minors are taken as they come. */
const lowestPatch: Readonly<Record<string, number>> = { "3.4": 22, "3.5": 6, "3.6": 0 };

/** `3.4.23` out of what `etcd --version` or `etcdctl version` print; undefined when they print something else. */
export function parseVersion(output: string): string | undefined {
  return /version:\s*(\d+\.\d+\.\d+)/i.exec(output)?.[1];
}

/**
 * Whether a version is one we run on: 3.4.22 or newer in 3.4, 3.5.6 or newer in 3.5 (older ones can lose or corrupt data),
 * 3.6 and later minors of 3.
 * @see https://github.com/etcd-io/etcd/blob/v3.6.0/CHANGELOG/CHANGELOG-3.5.md
 */
export function isSupported(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  if (major !== 3 || minor < 4) return false;
  return patch >= (lowestPatch[`${major}.${minor}`] ?? 0);
}

/**
 * Why etcd does not support going from one version to another, member by member; undefined when it does.
 * @see https://etcd.io/docs/v3.6/upgrades/upgrading-etcd/
 */
export function upgradeProblem(from: string, to: string): string | undefined {
  const [fromMajor = 0, fromMinor = 0] = from.split(".").map(Number);
  const [toMajor = 0, toMinor = 0] = to.split(".").map(Number);
  if (fromMajor !== toMajor) return "another major release is another program";
  if (toMinor < fromMinor) return "the data of a later minor release cannot be read by an earlier one";
  if (toMinor > fromMinor + 1) return `one minor release at a time: ${fromMajor}.${fromMinor + 1} first`;
  return undefined;
}
