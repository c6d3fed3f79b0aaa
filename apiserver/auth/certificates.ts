import { createHash, type X509Certificate } from "node:crypto";
import type { UserInfo } from "../http/request-context.ts";

/**
 * The identity in a client certificate that TLS has verified: name = CN, groups = every O.
 * undefined when it has no CN. @see kubernetes v1.36.3 staging/src/k8s.io/apiserver/pkg/authentication/request/x509/x509.go
 */
export function certificateIdentity(certificate: X509Certificate): UserInfo | undefined {
  const names = subjectNames(certificate.subject);
  const commonName = names.find(([type]) => type === "CN")?.[1];
  if (commonName === undefined || commonName === "") return undefined;
  return {
    name: commonName,
    groups: withAuthenticated(names.filter(([type]) => type === "O").map(([, value]) => value)),
    extra: {
      "authentication.kubernetes.io/credential-id": [
        `X509SHA256=${createHash("sha256").update(certificate.raw).digest("hex")}`,
      ],
    },
  };
}

/** Adds `system:authenticated` unless the groups say already whether the user is. */
export function withAuthenticated(groups: readonly string[]): readonly string[] {
  const said = groups.includes("system:authenticated") || groups.includes("system:unauthenticated");
  return said ? groups : [...groups, "system:authenticated"];
}

/** OpenSSL's multi-line subject (`O=system:masters\nCN=admin`, values escaped as in RFC 2253) as pairs. */
function subjectNames(subject: string): [type: string, value: string][] {
  return subject
    .split(/\n| (?<!\\)\+ /)
    .filter((line) => line.includes("="))
    .map((line) => {
      const equals = line.indexOf("=");
      return [line.slice(0, equals), unescapeName(line.slice(equals + 1))];
    });
}

function unescapeName(text: string): string {
  if (!text.includes("\\")) return text;
  const bytes: number[] = [];
  const source = Buffer.from(text, "utf8");
  for (let at = 0; at < source.length; at++) {
    const hex = /^\\([0-9A-Fa-f]{2})/.exec(source.toString("latin1", at, at + 3));
    if (hex?.[1] !== undefined) {
      bytes.push(Number.parseInt(hex[1], 16));
      at += 2;
    } else {
      if (source[at] === 0x5c) at++;
      bytes.push(source[at] ?? 0x5c);
    }
  }
  return Buffer.from(bytes).toString("utf8");
}
