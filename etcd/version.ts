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
