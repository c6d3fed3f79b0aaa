import type { KeyPair } from "./certificates.ts";
import { writeFileAtomically } from "./secret-file.ts";

/** Writes a kubeconfig (0600) with one cluster, one user and one context, all of the name `gatehouse`. */
export function writeKubeconfig(
  file: string,
  content: { readonly server: string; readonly ca: string; readonly user: KeyPair },
): void {
  const base64 = (pem: string) => Buffer.from(pem).toString("base64");
  const text = `apiVersion: v1
kind: Config
clusters:
- name: gatehouse
  cluster:
    server: ${content.server}
    certificate-authority-data: ${base64(content.ca)}
users:
- name: gatehouse
  user:
    client-certificate-data: ${base64(content.user.cert)}
    client-key-data: ${base64(content.user.key)}
contexts:
- name: gatehouse
  context:
    cluster: gatehouse
    user: gatehouse
current-context: gatehouse
`;
  writeFileAtomically(file, text);
}
