import type { Container, Pod, ServiceAccount, Volume } from "../../api/generated/types.ts";
import { forbidden } from "../../api/status.ts";
import type { Random } from "../registry/random.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";
import { type AdmissionDeps, cachedObject, freshObject } from "./cached-lookup.ts";

const defaultName = "default";
const tokenMountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const volumePrefix = "kube-api-access-";
/** A bit over an hour: tells the token request that the kubelet refreshes it. */
const tokenSeconds = 3607;
const mirrorAnnotation = "kubernetes.io/config.mirror";

/**
 * Every Pod runs as a ServiceAccount that exists and finds its token in its containers.
 * @see k8s.io/kubernetes v1.36.0 plugin/pkg/admission/serviceaccount/admission.go
 */
export function serviceAccount(deps: AdmissionDeps & { random: Random }): AdmissionPlugin {
  return {
    name: "ServiceAccount",
    handles: ({ kind, operation, subresource }) =>
      kind.kind === "Pod" && kind.group === "" && operation === "CREATE" && subresource === "",
    admit(attributes) {
      const pod = attributes.object as Pod;
      pod.spec = pod.spec ?? { containers: [] };
      const { spec } = pod;
      if (pod.metadata?.annotations?.[mirrorAnnotation] !== undefined) {
        refuseMirror(attributes, pod);
        return undefined;
      }
      if (!spec.serviceAccountName) spec.serviceAccountName = defaultName;
      spec.serviceAccount = spec.serviceAccountName;
      const key = `serviceaccounts/${attributes.namespace}/${spec.serviceAccountName}`;
      const cached = cachedObject<ServiceAccount>(deps, key);
      if (cached !== undefined) {
        equip(pod, cached, deps.random);
        return undefined;
      }
      return freshObject<ServiceAccount>(deps, key, attributes.ctx.signal).then((account) => {
        if (account === undefined) throw missingAccount(attributes, spec.serviceAccountName ?? "");
        equip(pod, account, deps.random);
      });
    },
  };
}

const podsRef = { group: "", resource: "pods" };

function missingAccount({ namespace, name }: AdmissionAttributes, account: string) {
  return forbidden(
    podsRef,
    name,
    `error looking up service account ${namespace}/${account}: serviceaccount ${JSON.stringify(account)} not found`,
  );
}

function refuseMirror({ name }: AdmissionAttributes, pod: Pod): void {
  if (pod.spec?.serviceAccountName) throw forbidden(podsRef, name, "a mirror pod may not reference service accounts");
  if (pod.spec?.volumes?.some(({ secret }) => secret !== undefined)) {
    throw forbidden(podsRef, name, "a mirror pod may not reference secrets");
  }
}

function equip(pod: Pod, account: Readonly<ServiceAccount>, random: Random): void {
  const spec = pod.spec;
  if (spec === undefined) return;
  if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(pod, random);
  if ((spec.imagePullSecrets ?? []).length === 0 && account.imagePullSecrets?.length) {
    spec.imagePullSecrets = account.imagePullSecrets.map((reference) => ({ ...reference }));
  }
}

function mountToken(pod: Pod, random: Random): void {
  const spec = pod.spec;
  if (spec === undefined) return;
  const volumes = spec.volumes ?? [];
  const present = volumes.find((volume) => isTokenVolume(volume));
  const name = present?.name ?? `${volumePrefix}${random.suffix(5)}`;
  let mounted = false;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    mounted = mountInto(container, name) || mounted;
  }
  if (mounted && present === undefined) spec.volumes = [...volumes, tokenVolume(name)];
}

const isTokenVolume = ({ name, projected }: Volume) =>
  name?.startsWith(volumePrefix) === true &&
  projected?.sources?.some((source) => source.serviceAccountToken !== undefined) === true;

function mountInto(container: Container, name: string): boolean {
  const mounts = container.volumeMounts ?? [];
  if (mounts.some(({ mountPath }) => mountPath === tokenMountPath)) return false;
  container.volumeMounts = [...mounts, { name, readOnly: true, mountPath: tokenMountPath }];
  return true;
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenSeconds, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        {
          downwardAPI: {
            items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
          },
        },
      ],
      defaultMode: 0o644,
    },
  };
}
