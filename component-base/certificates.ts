import "reflect-metadata";
import { randomBytes, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { Clock } from "./clock.ts";

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  /** Kubernetes reads these as the groups of a client. */
  readonly organizations?: readonly string[];
  /** What the certificate may be used for. */
  readonly usage: "ca" | "server" | "client" | "peer";
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly lifetimeDays: number;
}

const dayMs = 24 * 60 * 60 * 1000;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/**
 * Issues an ECDSA P-256 certificate, signed by `issuer`, or by itself when there is none. It is valid from one hour ago,
 * so that a clock that is a little behind accepts it.
 */
export async function issueCertificate(
  request: CertificateRequest,
  options: { readonly issuer?: KeyPair; readonly clock: Clock },
): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const issuer = options.issuer;
  const name = subjectName(request);
  const shared = {
    serialNumber: serialNumber(),
    notBefore: new Date(options.clock.now() - 60 * 60 * 1000),
    notAfter: new Date(options.clock.now() + request.lifetimeDays * dayMs),
    signingAlgorithm: algorithm,
    extensions: await extensions(request, keys.publicKey, issuer),
  };
  const certificate =
    issuer === undefined
      ? await x509.X509CertificateGenerator.createSelfSigned({ ...shared, name, keys })
      : await x509.X509CertificateGenerator.create({
          ...shared,
          subject: name,
          issuer: new x509.X509Certificate(issuer.cert).subjectName,
          publicKey: keys.publicKey,
          signingKey: await importKey(issuer.key),
        });
  return { cert: `${certificate.toString("pem")}\n`, key: await exportKey(keys.privateKey) };
}

async function extensions(
  request: CertificateRequest,
  publicKey: webcrypto.CryptoKey,
  issuer: KeyPair | undefined,
): Promise<x509.Extension[]> {
  const { KeyUsageFlags, ExtendedKeyUsage } = x509;
  const list: x509.Extension[] = [await x509.SubjectKeyIdentifierExtension.create(publicKey)];
  if (issuer !== undefined) {
    const issuerKey = new x509.X509Certificate(issuer.cert).publicKey;
    list.push(await x509.AuthorityKeyIdentifierExtension.create(issuerKey));
  }
  if (request.usage === "ca") {
    list.push(new x509.BasicConstraintsExtension(true, undefined, true));
    list.push(new x509.KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true));
    return list;
  }
  const purposes = {
    server: [ExtendedKeyUsage.serverAuth],
    client: [ExtendedKeyUsage.clientAuth],
    peer: [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth],
  }[request.usage];
  list.push(new x509.BasicConstraintsExtension(false, undefined, true));
  list.push(new x509.KeyUsagesExtension(KeyUsageFlags.digitalSignature, true));
  list.push(new x509.ExtendedKeyUsageExtension(purposes));
  const names = [
    ...(request.dnsNames ?? []).map((value) => ({ type: "dns", value }) as const),
    ...(request.ipAddresses ?? []).map((value) => ({ type: "ip", value }) as const),
  ];
  if (names.length > 0) list.push(new x509.SubjectAlternativeNameExtension(names));
  return list;
}

function subjectName(request: CertificateRequest) {
  const organizations = (request.organizations ?? []).map((organization) => ({ O: [organization] }));
  return [...organizations, { CN: [request.commonName] }];
}

/** 16 random bytes, positive and without a leading zero byte. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)).toString("base64");
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/.{64}/g, "$&\n").trimEnd()}\n-----END PRIVATE KEY-----\n`;
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  return webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
}
