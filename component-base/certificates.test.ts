import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ensureCertificate } from "./certificate-file.ts";
import { type CertificateRequest, issueCertificate } from "./certificates.ts";
import { VirtualClock } from "./virtual-clock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-certificates-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const clock = new VirtualClock();
const caRequest: CertificateRequest = { commonName: "test-ca", usage: "ca", lifetimeDays: 3650 };
const serverRequest: CertificateRequest = {
  commonName: "kube-apiserver",
  usage: "server",
  dnsNames: ["localhost", "kubernetes.default.svc"],
  ipAddresses: ["127.0.0.1", "::1", "10.96.0.1"],
  lifetimeDays: 365,
};

test("a server certificate is signed by its authority and names its hosts", async () => {
  const issuer = await issueCertificate(caRequest, { clock });
  const pair = await issueCertificate(serverRequest, { issuer, clock });
  const certificate = new X509Certificate(pair.cert);
  expect(certificate.verify(new X509Certificate(issuer.cert).publicKey)).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.checkHost("kubernetes.default.svc")).toBe("kubernetes.default.svc");
  expect(certificate.checkIP("::1")).toBe("::1");
  expect(certificate.checkHost("example.com")).toBeUndefined();
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
});

test("a client certificate carries user and groups", async () => {
  const issuer = await issueCertificate(caRequest, { clock });
  const pair = await issueCertificate(
    { commonName: "admin", organizations: ["system:masters"], usage: "client", lifetimeDays: 1 },
    { issuer, clock },
  );
  expect(new X509Certificate(pair.cert).subject).toBe("O=system:masters\nCN=admin");
});

test("ensureCertificate keeps what is good, with the key for its owner only", async () => {
  const issuer = await issueCertificate(caRequest, { clock });
  const stem = join(folder, "apiserver");
  const first = await ensureCertificate(stem, serverRequest, { issuer, clock });
  expect(await ensureCertificate(stem, serverRequest, { issuer, clock })).toEqual(first);
  expect(statSync(`${stem}.key`).mode & 0o777).toBe(0o600);
});

test.each([
  ["it expires within 30 days", { request: serverRequest, laterDays: 340 }],
  ["a host is missing", { request: { ...serverRequest, dnsNames: ["gatehouse.test"] } }],
  ["the subject differs", { request: { ...serverRequest, commonName: "other" } }],
  ["the authority changed", { request: serverRequest, newIssuer: true }],
  ["the file is damaged", { request: serverRequest, damage: true }],
])("ensureCertificate issues anew when %s", async (_name, change) => {
  const {
    request,
    laterDays = 0,
    newIssuer = false,
    damage = false,
  } = { ...change } as {
    request: CertificateRequest;
    laterDays?: number;
    newIssuer?: boolean;
    damage?: boolean;
  };
  let issuer = await issueCertificate(caRequest, { clock });
  const stem = join(folder, "apiserver");
  const first = await ensureCertificate(stem, serverRequest, { issuer, clock });
  if (newIssuer) issuer = await issueCertificate(caRequest, { clock });
  if (damage) writeFileSync(`${stem}.crt`, "not a certificate");
  const later = new VirtualClock(clock.now() + laterDays * 86_400_000);
  const second = await ensureCertificate(stem, request, { issuer, clock: later });
  expect(second.cert).not.toBe(first.cert);
});
