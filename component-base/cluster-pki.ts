import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { ensureCertificate } from "./certificate-file.ts";
import type { CertificateRequest, KeyPair } from "./certificates.ts";
import type { Clock } from "./clock.ts";
import { makePrivateFolder, readIfExists, writeFileAtomically } from "./secret-file.ts";

/** A user of the cluster: what its client certificate says. */
export interface ClusterUser {
  /** Of the files, and of the kubeconfig. */
  readonly name: string;
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

export interface ClusterPkiOptions {
  readonly users: readonly ClusterUser[];
  /** Names and addresses of the API server, beside those that every cluster has. */
  readonly serverNames?: { readonly dnsNames?: readonly string[]; readonly ipAddresses?: readonly string[] };
  /** The first address of the Service range; default 10.96.0.1. */
  readonly serviceIp?: string;
}

/** Files of the cluster's certificates; the user's pairs are handed over as text, for their kubeconfigs. */
export interface ClusterPki {
  readonly caFile: string;
  readonly caKeyFile: string;
  readonly ca: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
  /** With this the API server speaks to kubelets. */
  readonly kubeletClientCert: string;
  readonly kubeletClientKey: string;
  /** With this the simulated kubelets serve logs. */
  readonly kubeletServerCert: string;
  readonly kubeletServerKey: string;
  readonly users: ReadonlyMap<string, KeyPair>;
}

const lifetimeDays = 3650;
const loopback = { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1", "::1"] };
const clusterNames = [
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  "kubernetes.default.svc.cluster.local",
];

/**
 * Makes the cluster's certificates in `folder` (0700, keys 0600), or keeps what is there and still good. The authority signs
 * users, components and kubelets; etcd has another one.
 */
export async function ensureClusterPki(
  folder: string,
  options: ClusterPkiOptions,
  deps: { readonly clock: Clock },
): Promise<ClusterPki> {
  const { clock } = deps;
  makePrivateFolder(folder);
  const file = (name: string) => join(folder, name);
  const ca = await ensureCertificate(file("ca"), { commonName: "kubernetes", usage: "ca", lifetimeDays }, { clock });
  const leaf = (name: string, request: Omit<CertificateRequest, "lifetimeDays">) =>
    ensureCertificate(file(name), { ...request, lifetimeDays }, { issuer: ca, clock });
  const [users] = await Promise.all([
    Promise.all(
      options.users.map(async ({ name, commonName, organizations = [] }) => {
        const pair = await leaf(name, { commonName, organizations, usage: "client" });
        return [name, pair] as const;
      }),
    ),
    leaf("apiserver", {
      commonName: "kube-apiserver",
      usage: "server",
      dnsNames: [...loopback.dnsNames, ...clusterNames, ...(options.serverNames?.dnsNames ?? [])],
      ipAddresses: [
        ...loopback.ipAddresses,
        options.serviceIp ?? "10.96.0.1",
        ...(options.serverNames?.ipAddresses ?? []),
      ],
    }),
    leaf("apiserver-kubelet-client", { commonName: "kube-apiserver-kubelet-client", usage: "client" }),
    leaf("kubelet-server", { commonName: "system:kubelet-sim", usage: "server", ...loopback }),
  ]);
  ensureServiceAccountKey(file("sa.key"), file("sa.pub"));
  return {
    caFile: file("ca.crt"),
    caKeyFile: file("ca.key"),
    ca: ca.cert,
    serverCert: file("apiserver.crt"),
    serverKey: file("apiserver.key"),
    serviceAccountKey: file("sa.key"),
    serviceAccountPublicKey: file("sa.pub"),
    kubeletClientCert: file("apiserver-kubelet-client.crt"),
    kubeletClientKey: file("apiserver-kubelet-client.key"),
    kubeletServerCert: file("kubelet-server.crt"),
    kubeletServerKey: file("kubelet-server.key"),
    users: new Map(users),
  };
}

/** The key that signs ServiceAccount tokens; all tokens end with it, so what is there is never replaced. */
function ensureServiceAccountKey(keyFile: string, publicFile: string): void {
  let key = readIfExists(keyFile);
  if (key === undefined) {
    key = generateKeyPairSync("rsa", { modulusLength: 2048 })
      .privateKey.export({ type: "pkcs8", format: "pem" })
      .toString();
    writeFileAtomically(keyFile, key);
  }
  if (readIfExists(publicFile) !== undefined) return;
  const publicKey = createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
  writeFileAtomically(publicFile, publicKey, { mode: 0o644 });
}
