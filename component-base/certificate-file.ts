import { createPrivateKey, X509Certificate } from "node:crypto";
import type { CertificateRequest, KeyPair } from "./certificates.ts";
import type { Clock } from "./clock.ts";
import { readIfExists, writeFileAtomically } from "./secret-file.ts";

/** A certificate is replaced when less than this is left of it. */
const renewBeforeMs = 30 * 24 * 60 * 60 * 1000;

/**
 * The pair kept in `<stem>.crt` and `<stem>.key`, issued when there is none, or when what is there is about to expire, was
 * signed by another authority, or names other hosts or another subject than asked for.
 */
export async function ensureCertificate(
  stem: string,
  request: CertificateRequest,
  options: { readonly issuer?: KeyPair; readonly clock: Clock },
): Promise<KeyPair> {
  const cert = readIfExists(`${stem}.crt`);
  const key = readIfExists(`${stem}.key`);
  if (cert !== undefined && key !== undefined && stillGood({ cert, key }, request, options)) return { cert, key };
  // Loaded only when something has to be issued: a warm start has all its certificates.
  const { issueCertificate } = await import("./certificates.ts");
  const pair = await issueCertificate(request, options);
  writeFileAtomically(`${stem}.key`, pair.key);
  writeFileAtomically(`${stem}.crt`, pair.cert, { mode: 0o644 });
  return pair;
}

function stillGood(
  pair: KeyPair,
  request: CertificateRequest,
  options: { readonly issuer?: KeyPair; readonly clock: Clock },
): boolean {
  try {
    const certificate = new X509Certificate(pair.cert);
    const issuer = options.issuer === undefined ? certificate : new X509Certificate(options.issuer.cert);
    return (
      Date.parse(certificate.validTo) - renewBeforeMs > options.clock.now() &&
      certificate.checkPrivateKey(createPrivateKey(pair.key)) &&
      certificate.checkIssued(issuer) &&
      certificate.verify(issuer.publicKey) &&
      certificate.subject === subjectText(request) &&
      (request.dnsNames ?? []).every((name) => certificate.checkHost(name) !== undefined) &&
      (request.ipAddresses ?? []).every((address) => certificate.checkIP(address) !== undefined)
    );
  } catch (error) {
    // A file that does not parse is as good as none: it is issued anew.
    if (error instanceof Error) return false;
    throw error;
  }
}

/** The subject as Node prints it: one attribute a line. */
function subjectText(request: CertificateRequest): string {
  return [...(request.organizations ?? []).map((name) => `O=${name}`), `CN=${request.commonName}`].join("\n");
}
