import { join } from "node:path";
import { ensureCertificate } from "../component-base/certificate-file.ts";
import type { CertificateRequest, KeyPair } from "../component-base/certificates.ts";
import type { Clock } from "../component-base/clock.ts";
import { makePrivateFolder } from "../component-base/secret-file.ts";
import type { EtcdCertificateFiles } from "./config.ts";

/** Files with which one client, the gateway, may speak to etcd. */
export interface EtcdClientFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const lifetimeDays = 3650;
const loopback = { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1", "::1"] };

/**
 * Makes (or keeps) etcd's own certificates in `folder`: an authority for clients, from which the gateway's certificate is
 * the only client certificate ever issued, and another one for peers. Neither is the cluster's authority, so whatever the
 * cluster issues is refused in etcd's TLS handshake.
 */
export async function ensureEtcdPki(
  folder: string,
  deps: { readonly clock: Clock },
): Promise<{ readonly server: EtcdCertificateFiles; readonly gateway: EtcdClientFiles }> {
  const { clock } = deps;
  makePrivateFolder(folder);
  const authority = (name: string): Promise<KeyPair> =>
    ensureCertificate(join(folder, name), { commonName: `etcd-${name}`, usage: "ca", lifetimeDays }, { clock });
  const [ca, peerCa] = await Promise.all([authority("ca"), authority("peer-ca")]);
  const leaf = (name: string, request: Omit<CertificateRequest, "lifetimeDays">, issuer: KeyPair) =>
    ensureCertificate(join(folder, name), { ...request, lifetimeDays }, { issuer, clock });
  await Promise.all([
    leaf("server", { commonName: "etcd-server", usage: "server", ...loopback }, ca),
    leaf("apiserver-etcd-client", { commonName: "kube-apiserver-etcd-client", usage: "client" }, ca),
    leaf("peer", { commonName: "etcd-peer", usage: "peer", ...loopback }, peerCa),
  ]);
  const file = (name: string) => join(folder, name);
  return {
    server: {
      clientCa: file("ca.crt"),
      serverCert: file("server.crt"),
      serverKey: file("server.key"),
      peerCa: file("peer-ca.crt"),
      peerCert: file("peer.crt"),
      peerKey: file("peer.key"),
    },
    gateway: {
      ca: file("ca.crt"),
      cert: file("apiserver-etcd-client.crt"),
      key: file("apiserver-etcd-client.key"),
    },
  };
}
