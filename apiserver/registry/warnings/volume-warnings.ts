import type { Volume, VolumeProjection } from "../../../api/generated/types.ts";
import { fractionWarnings } from "./container-warnings.ts";

const deprecated: readonly (readonly [keyof Volume, string])[] = [
  ["photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"],
  ["scaleIO", "deprecated in v1.16, non-functional in v1.22+"],
  ["flocker", "deprecated in v1.22, non-functional in v1.25+"],
  ["storageos", "deprecated in v1.22, non-functional in v1.25+"],
  ["quobyte", "deprecated in v1.22, non-functional in v1.25+"],
  ["glusterfs", "deprecated in v1.25, non-functional in v1.26+"],
  ["cephfs", "deprecated in v1.28, non-functional in v1.31+"],
  ["rbd", "deprecated in v1.28, non-functional in v1.31+"],
];

/** @param at - `spec.volumes` @see kubernetes v1.36.3 pkg/api/pod/warnings.go */
export function volumeWarnings(at: string, volumes: readonly Readonly<Volume>[]): string[] {
  const byPlugin = volumes.flatMap((volume, index) => {
    const field = `${at}[${index}]`;
    // Upstream names the field of this one in its own way.
    const shown = (plugin: string) => (plugin === "storageos" ? "storageOS" : plugin);
    const found = deprecated
      .filter(([plugin]) => volume[plugin] !== undefined)
      .map(([plugin, message]) => `${field}.${shown(plugin)}: ${message}`);
    const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
    const requests = `${field}.ephemeral.volumeClaimTemplate.spec.resources.requests`;
    return [...found, ...fractionWarnings(requests, claim?.resources?.requests, ["storage"])];
  });
  return [...byPlugin, ...volumes.flatMap(overlaps)];
}

interface SourcedPath {
  readonly path: string;
  /** Empty where the volume has but one. */
  readonly source: string;
}

const show = ({ path, source }: SourcedPath) => (source === "" ? `"${path}"` : `"${path}" (${source})`);

const pathsOf = (items: readonly { readonly path?: string }[] | undefined, source: string): SourcedPath[] =>
  (items ?? []).map(({ path = "" }) => ({ path, source }));

/** Files of a volume that would lie in each other's place. */
function overlaps({ name, configMap, secret, downwardAPI, projected }: Readonly<Volume>): string[] {
  const found: string[] = [];
  const compare = (what: string, paths: readonly SourcedPath[]) => {
    for (const body of overlapping(paths)) found.push(`volume "${name}" (${what}): overlapping paths: ${body}`);
  };
  if (configMap !== undefined) compare(`ConfigMap "${configMap.name}"`, pathsOf(configMap.items, ""));
  if (secret !== undefined) compare(`Secret "${secret.secretName}"`, pathsOf(secret.items, ""));
  if (downwardAPI !== undefined) compare("DownwardAPI", pathsOf(downwardAPI.items, ""));
  if (projected !== undefined) {
    const sources = projected.sources ?? [];
    for (const source of sources) {
      if (Object.keys(source).length === 0) found.push(`volume "${name}" (Projected) has no sources provided`);
    }
    compare("Projected", sources.flatMap(projectedPaths));
  }
  return found;
}

function projectedPaths(source: Readonly<VolumeProjection>): SourcedPath[] {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle } = source;
  if (configMap !== undefined) return pathsOf(configMap.items, `ConfigMap "${configMap.name}"`);
  if (secret !== undefined) return pathsOf(secret.items, `Secret "${secret.name}"`);
  if (downwardAPI !== undefined) return pathsOf(downwardAPI.items, "DownwardAPI");
  if (serviceAccountToken !== undefined) return pathsOf([serviceAccountToken], "ServiceAccountToken");
  if (clusterTrustBundle === undefined) return [];
  const bundle = clusterTrustBundle.name ?? clusterTrustBundle.signerName ?? "";
  return pathsOf([clusterTrustBundle], `ClusterTrustBundle "${bundle}"`);
}

function overlapping(paths: readonly SourcedPath[]): string[] {
  const trimmed = paths.map(({ path, source }) => ({ path: path.replace(/\/+$/, ""), source }));
  return trimmed.flatMap((one, index) =>
    trimmed
      .slice(0, index)
      .filter((other) => `${one.path}/`.startsWith(`${other.path}/`) || `${other.path}/`.startsWith(`${one.path}/`))
      .map((other) => `${show(one)} with ${show(other)}`),
  );
}
