import type {
  Container,
  EnvVar,
  LifecycleHandler,
  Pod,
  PodSpec,
  PodTemplateSpec,
  Probe,
  Volume,
} from "../../generated/types.ts";

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/core/v1/defaults.go */
export function defaultPod(pod: Pod): void {
  const spec = pod.spec;
  if (spec === undefined) return;
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork === true) spec.containers?.forEach(defaultHostPorts);
  spec.initContainers?.forEach(defaultRequests);
  spec.containers?.forEach(defaultRequests);
  defaultPodSpec(spec);
}

/** Pods of workloads get the rest when they are created. */
export function defaultPodTemplate(template: PodTemplateSpec | undefined): void {
  if (template === undefined) return;
  template.metadata ??= {};
  template.spec ??= { containers: [] };
  defaultPodSpec(template.spec);
}

function defaultPodSpec(spec: PodSpec): void {
  spec.restartPolicy ??= "Always";
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ??= "ClusterFirst";
  // The older name is kept beside the newer.
  const serviceAccount = spec.serviceAccountName ?? spec.serviceAccount;
  if (serviceAccount !== undefined) {
    spec.serviceAccountName = serviceAccount;
    spec.serviceAccount = serviceAccount;
  }
  spec.securityContext ??= {};
  spec.schedulerName ??= "default-scheduler";
  spec.initContainers?.forEach(defaultContainer);
  spec.containers?.forEach(defaultContainer);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
  spec.volumes?.forEach(defaultVolume);
}

function defaultContainer(container: Container): void {
  for (const port of container.ports ?? []) port.protocol ??= "TCP";
  container.env?.forEach(defaultEnv);
  container.resources ??= {};
  if (container.livenessProbe !== undefined) defaultProbe(container.livenessProbe);
  if (container.readinessProbe !== undefined) defaultProbe(container.readinessProbe);
  if (container.startupProbe !== undefined) defaultProbe(container.startupProbe);
  if (container.lifecycle?.postStart !== undefined) defaultHttpGet(container.lifecycle.postStart);
  if (container.lifecycle?.preStop !== undefined) defaultHttpGet(container.lifecycle.preStop);
  container.terminationMessagePath ??= "/dev/termination-log";
  container.terminationMessagePolicy ??= "File";
  container.imagePullPolicy ??= pullPolicy(container.image ?? "");
}

/** `latest`, said or implied, is pulled each time. */
function pullPolicy(image: string): "Always" | "IfNotPresent" {
  if (image.includes("@")) return "IfNotPresent";
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === "latest" ? "Always" : "IfNotPresent";
}

function defaultEnv({ valueFrom }: EnvVar): void {
  if (valueFrom?.fieldRef !== undefined) valueFrom.fieldRef.apiVersion ??= "v1";
  if (valueFrom?.resourceFieldRef !== undefined) valueFrom.resourceFieldRef.divisor ??= "0";
}

function defaultProbe(probe: Probe): void {
  probe.timeoutSeconds ??= 1;
  probe.periodSeconds ??= 10;
  probe.successThreshold ??= 1;
  probe.failureThreshold ??= 3;
  defaultHttpGet(probe);
  if (probe.grpc !== undefined) probe.grpc.service ??= "";
}

function defaultHttpGet({ httpGet }: LifecycleHandler | Probe): void {
  if (httpGet === undefined) return;
  httpGet.path ??= "/";
  httpGet.scheme ??= "HTTP";
}

function defaultHostPorts(container: Container): void {
  for (const port of container.ports ?? []) port.hostPort ??= port.containerPort;
}

/** What is limited is requested, unless said otherwise. */
function defaultRequests({ resources }: Container): void {
  if (resources?.limits === undefined) return;
  resources.requests = { ...resources.limits, ...resources.requests };
}

/** Files are 0644 unless said otherwise. */
const defaultMode = 0o644;

function defaultVolume(volume: Volume): void {
  if (Object.keys(volume).length <= 1) volume.emptyDir = {};
  for (const source of [volume.secret, volume.configMap, volume.downwardAPI, volume.projected]) {
    if (source !== undefined) source.defaultMode ??= defaultMode;
  }
  if (volume.hostPath !== undefined) volume.hostPath.type ??= "";
  if (volume.image !== undefined) volume.image.pullPolicy ??= pullPolicy(volume.image.reference ?? "");
  for (const item of volume.downwardAPI?.items ?? []) defaultFieldRef(item);
  for (const source of volume.projected?.sources ?? []) {
    for (const item of source.downwardAPI?.items ?? []) defaultFieldRef(item);
    if (source.serviceAccountToken !== undefined) source.serviceAccountToken.expirationSeconds ??= 3600;
  }
  defaultRemoteVolume(volume);
}

function defaultFieldRef(item: NonNullable<NonNullable<Volume["downwardAPI"]>["items"]>[number]): void {
  if (item.fieldRef !== undefined) item.fieldRef.apiVersion ??= "v1";
  if (item.resourceFieldRef !== undefined) item.resourceFieldRef.divisor ??= "0";
}

function defaultRemoteVolume({ iscsi, rbd, azureDisk, scaleIO, ephemeral }: Volume): void {
  if (iscsi !== undefined) iscsi.iscsiInterface ??= "default";
  if (rbd !== undefined) {
    rbd.pool ??= "rbd";
    rbd.user ??= "admin";
    rbd.keyring ??= "/etc/ceph/keyring";
  }
  if (azureDisk !== undefined) {
    azureDisk.cachingMode ??= "ReadWrite";
    azureDisk.kind ??= "Shared";
    azureDisk.fsType ??= "ext4";
    azureDisk.readOnly ??= false;
  }
  if (scaleIO !== undefined) {
    scaleIO.storageMode ??= "ThinProvisioned";
    scaleIO.fsType ??= "xfs";
  }
  if (ephemeral?.volumeClaimTemplate !== undefined) {
    ephemeral.volumeClaimTemplate.metadata ??= {};
    ephemeral.volumeClaimTemplate.spec ??= {};
    ephemeral.volumeClaimTemplate.spec.volumeMode ??= "Filesystem";
  }
}
