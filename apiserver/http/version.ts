/** The Kubernetes release whose behaviour is served. */
const kubernetesVersion = { major: "1", minor: "36", gitVersion: "v1.36.3" } as const;

/** The body of `/version`; clients parse gitVersion as a semantic version and compare minors. */
export function versionInfo(): Record<string, string> {
  const { major, minor, gitVersion } = kubernetesVersion;
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: "35",
    gitVersion,
    gitCommit: "0000000000000000000000000000000000000000",
    gitTreeState: "clean",
    buildDate: "2026-01-01T00:00:00Z",
    goVersion: `node ${process.version}`,
    compiler: "node",
    platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
  };
}
