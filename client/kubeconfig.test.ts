import { expect, test } from "vitest";
import { parseKubeconfig } from "./kubeconfig.ts";

const document = (user: string, cluster = "certificate-authority: ca.crt") => `
apiVersion: v1
kind: Config
current-context: main
contexts: [{name: main, context: {cluster: c, user: u}}, {name: other, context: {cluster: gone}}]
clusters: [{name: c, cluster: {server: "https://127.0.0.1:6443/", ${cluster}}}]
users: [{name: u, user: {${user}}}]
`;
const readFile = (name: string) => `contents of ${name}\n`;

test("certificates from files, and embedded ones first", () => {
  const embedded = Buffer.from("embedded").toString("base64");
  const user = `client-certificate: u.crt, client-certificate-data: ${embedded}, client-key: u.key`;
  expect(parseKubeconfig(document(user), { readFile })).toEqual({
    server: "https://127.0.0.1:6443",
    ca: "contents of ca.crt\n",
    cert: "embedded",
    key: "contents of u.key\n",
  });
});

test("tokens, and servers that need not be trusted", () => {
  expect(
    parseKubeconfig(document("tokenFile: t", "insecure-skip-tls-verify: true, tls-server-name: api"), { readFile }),
  ).toEqual({
    server: "https://127.0.0.1:6443",
    token: "contents of t",
    insecureSkipTlsVerify: true,
    tlsServerName: "api",
  });
});

const broken = [
  { name: "no context", text: "kind: Config", message: "current-context is not set" },
  { name: "a context without a cluster", text: document(""), context: "other", message: 'no entry named "gone"' },
  { name: "no mapping", text: "[]", message: "is not a mapping" },
];
test.each(broken)("$name is refused", ({ text, context, message }) => {
  expect(() => parseKubeconfig(text, { readFile, ...(context !== undefined && { context }) })).toThrow(message);
});
