import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { loadKubeconfig } from "../client/kubeconfig.ts";
import { issueCertificate, type KeyPair } from "../component-base/certificates.ts";
import { realClock } from "../component-base/clock.ts";
import { errorCode } from "../component-base/secret-file.ts";
import type { DataDir } from "./data-dir.ts";
import { readPlaneFacts } from "./plane-file.ts";
import { textTable } from "./text-table.ts";
import { UserError } from "./user-error.ts";

/** Somebody who tries to reach etcd. */
interface Attempt {
  readonly who: string;
  readonly certificate: string;
  readonly pair?: KeyPair;
  readonly expected: "accepted" | "refused";
}

const patienceMs = 5_000;

/** An etcd that says nothing has not refused anybody. */
type Outcome = { readonly answer: "accepted" | "refused" | "silent"; readonly reason: string };

/**
 * `gatehouse access-test`: tries etcd's TLS handshake with every certificate in the data directory, with one made up, and with
 * none. Not a single key is read.
 *
 * @returns 0 when the gateway was accepted and everybody else refused, else 1
 * @throws UserError when etcd does not run, or speaks no TLS, so that there is no handshake to try
 */
export async function accessTest(folder: DataDir): Promise<number> {
  const facts = readPlaneFacts(folder);
  const open = facts.etcdServers.filter((server) => !server.startsWith("https:"));
  if (open.length > 0) {
    throw new UserError(
      `${open.join(", ")} asks nobody for a certificate: whoever reaches that etcd may change everything`,
    );
  }
  const ca = facts.etcdFiles.ca === "" ? undefined : readFileSync(facts.etcdFiles.ca, "utf8");
  const attempts = await allAttempts(folder, facts.etcdFiles);
  const rows: string[][] = [];
  let broken = 0;
  for (const server of facts.etcdServers) {
    for (const attempt of attempts) {
      const outcome = await handshake(server, ca, attempt.pair);
      const kept = outcome.answer === attempt.expected;
      if (!kept) broken++;
      const verdict = kept ? "ok" : outcome.answer === "silent" ? "NOT KNOWN" : "RULE BROKEN";
      rows.push([attempt.who, attempt.certificate, outcome.answer, outcome.reason, verdict]);
    }
  }
  console.log(textTable(["WHO", "CERTIFICATE", "ETCD", "REASON", "RULE"], rows));
  console.log(
    broken === 0
      ? "\nOnly the gateway may touch etcd: the rule holds."
      : `\nOnly the gateway may touch etcd: not shown, see ${broken === 1 ? "the line" : `the ${broken} lines`} above.`,
  );
  return broken === 0 ? 0 : 1;
}

async function allAttempts(
  folder: DataDir,
  gateway: { readonly cert: string; readonly key: string },
): Promise<readonly Attempt[]> {
  const clock = realClock;
  const expected = "refused";
  const selfSigned = await issueCertificate(
    { commonName: "kube-apiserver-etcd-client", usage: "client", lifetimeDays: 1 },
    { clock },
  );
  const fromKubeconfig = (who: string, file: string): Attempt => {
    const { cert = "", key = "" } = loadKubeconfig(file);
    return { who, certificate: "client certificate of the cluster's authority", pair: { cert, key }, expected };
  };
  const fromPki = (who: string, certificate: string, stem: string): Attempt => ({
    who,
    certificate,
    pair: readPair(`${stem}.crt`, `${stem}.key`),
    expected,
  });
  // An etcd of the user's own has certificates of its own, which are not here to be tried.
  const bundled = gateway.cert.startsWith(folder.etcdPki);
  const components = readdirSync(folder.components).filter((file) => file.endsWith(".kubeconfig"));
  return [
    { who: "nobody", certificate: "none", expected },
    { who: "a stranger", certificate: "self-signed, with the gateway's name", pair: selfSigned, expected },
    fromKubeconfig("admin", folder.kubeconfig),
    ...components.map((file) => fromKubeconfig(file.replace(".kubeconfig", ""), join(folder.components, file))),
    fromPki("apiserver", "its serving certificate", join(folder.pki, "apiserver")),
    fromPki("apiserver", "its certificate for kubelets", join(folder.pki, "apiserver-kubelet-client")),
    ...(bundled
      ? [
          fromPki("etcd", "its serving certificate", join(folder.etcdPki, "server")),
          fromPki("etcd", "its certificate for peers", join(folder.etcdPki, "peer")),
        ]
      : []),
    {
      who: "apiserver (the gateway)",
      certificate: "client certificate of etcd's authority",
      pair: readPair(gateway.cert, gateway.key),
      expected: "accepted",
    },
  ];
}

function readPair(cert: string, key: string): KeyPair {
  return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
}

/**
 * With TLS 1.3 a client believes that it is connected before the server has looked at its certificate; so accepted is only who
 * hears something from the server above TLS: HTTP/2 begins with the server's settings.
 */
function handshake(server: string, ca: string | undefined, pair: KeyPair | undefined): Promise<Outcome> {
  const { hostname, port } = new URL(server);
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: hostname,
      port: Number(port),
      ALPNProtocols: ["h2"],
      ...(ca !== undefined && { ca }),
      ...pair,
    });
    const patience = realClock.setTimer(patienceMs, () => settle("silent", `no answer within ${patienceMs / 1000} s`));
    const settle = (answer: Outcome["answer"], reason: string) => {
      patience.cancel();
      resolve({ answer, reason });
      socket.destroy();
    };
    socket.once("error", (error) => {
      if (errorCode(error) !== "ECONNREFUSED") return settle("refused", alertText(error));
      patience.cancel();
      reject(new UserError(`nothing answers at ${server}, where etcd was: is the control plane running?`));
    });
    socket.once("close", () => settle("refused", "connection closed"));
    socket.once("data", () => settle("accepted", "TLS handshake done"));
  });
}

/** OpenSSL's `…:sslv3 alert bad certificate:…`, without its numbers. */
function alertText(error: Error): string {
  return /alert ([a-z ]+)/.exec(error.message)?.[1]?.trim() ?? error.message;
}
