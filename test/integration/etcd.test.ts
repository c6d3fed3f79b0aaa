import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { issueCertificate, type KeyPair } from "../../component-base/certificates.ts";
import { realClock } from "../../component-base/clock.ts";
import { startTestEtcd, type TestEtcd } from "../harness/etcd.ts";

let running: TestEtcd[] = [];
afterEach(async () => {
  await Promise.all(running.map((etcd) => etcd.stop()));
  running = [];
});

async function start(options: Parameters<typeof startTestEtcd>[0] = {}): Promise<TestEtcd> {
  const etcd = await startTestEtcd(options);
  running.push(etcd);
  return etcd;
}

/** What etcd does with a TLS client: TLS 1.3 refuses a client certificate only after the client believes it is connected. */
function handshake(etcd: TestEtcd, client: KeyPair | undefined): Promise<"accepted" | "refused"> {
  const url = new URL(etcd.clientUrls[0]!);
  return new Promise((resolve) => {
    const socket = connect({
      host: url.hostname,
      port: Number(url.port),
      ca: readFileSync(etcd.gateway.ca),
      ALPNProtocols: ["h2"],
      ...client,
    });
    socket.once("error", () => resolve("refused"));
    socket.once("close", () => resolve("refused"));
    socket.once("data", () => {
      resolve("accepted"); // etcd's HTTP/2 settings
      socket.destroy();
    });
  });
}

test("etcd accepts the gateway's certificate and no other, nor none", async () => {
  const etcd = await start();
  const clock = realClock;
  const read = (name: string): KeyPair => ({
    cert: readFileSync(join(etcd.folder, "pki", `${name}.crt`), "utf8"),
    key: readFileSync(join(etcd.folder, "pki", `${name}.key`), "utf8"),
  });
  const clusterCa = await issueCertificate({ commonName: "kubernetes", usage: "ca", lifetimeDays: 1 }, { clock });
  const admin = await issueCertificate(
    { commonName: "admin", organizations: ["system:masters"], usage: "client", lifetimeDays: 1 },
    { issuer: clusterCa, clock },
  );
  expect(await handshake(etcd, read("apiserver-etcd-client"))).toBe("accepted");
  expect(await handshake(etcd, undefined)).toBe("refused");
  expect(await handshake(etcd, admin)).toBe("refused");
  expect(await handshake(etcd, read("server"))).toBe("refused");
  expect(await handshake(etcd, read("peer"))).toBe("refused");
});

test("etcd comes back on the same ports after a kill", async () => {
  const etcd = await start();
  const [member] = etcd.etcd.members;
  process.kill(member!.pid, "SIGKILL");
  await expect(etcd.etcd.done).rejects.toThrow("ended with SIGKILL");
  const again = await etcd.restart();
  expect(again.clientUrls).toEqual(etcd.clientUrls);
});

test("three members elect a leader over mutual TLS", async () => {
  const etcd = await start({ members: 3 });
  expect(new Set(etcd.clientUrls).size).toBe(3);
});

test("a flag that etcd does not know fails with etcd's own words", async () => {
  await expect(startTestEtcd({ extraArgs: ["--no-such-flag"] })).rejects.toThrow("no-such-flag");
});

test("ports that others have been told of are kept: one that is taken is an error, not another port", async () => {
  const first = await start();
  const taken = Number(new URL(first.clientUrls[0]!).port);
  const plan = [{ name: "default", clientPort: taken, peerPort: taken, metricsPort: taken }];
  await expect(startTestEtcd({ plan })).rejects.toThrow("address already in use");
});
