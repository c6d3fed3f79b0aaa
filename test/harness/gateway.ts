import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { Agent, type RequestOptions, request } from "node:https";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ApiserverConfig } from "../../apiserver/config.ts";
import { type RunningApiserver, startApiserver } from "../../apiserver/start.ts";
import type { KeyPair } from "../../component-base/certificates.ts";
import { realClock } from "../../component-base/clock.ts";
import { type ClusterPki, ensureClusterPki } from "../../component-base/cluster-pki.ts";
import { writeKubeconfig } from "../../component-base/kubeconfig-file.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { startTestEtcd, type TestEtcd } from "./etcd.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly json: any;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A string or bytes go out as they are, anything else as JSON. */
  readonly body?: unknown;
  /** Default `admin`; `anonymous` offers no certificate. */
  readonly user?: "admin" | "jane" | "stranger" | "anonymous";
}

export interface OpenWatch {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The next line as JSON; undefined at the end of the stream. */
  // biome-ignore lint/suspicious/noExplicitAny: events of every kind
  next(): Promise<any>;
  close(): void;
}

export interface GatewayDoor {
  readonly apiserver: RunningApiserver;
  call(path: string, options?: CallOptions): Promise<Answer>;
  watch(path: string, options?: CallOptions): Promise<OpenWatch>;
  stop(): Promise<void>;
}

/** A gateway in this process, on a real etcd of its own. */
export interface TestGateway extends GatewayDoor {
  readonly etcd: TestEtcd;
  readonly kubeconfig: string;
  readonly config: ApiserverConfig;
  /** The cluster's certificates. */
  readonly pki: ClusterPki;
  /** Another gateway on the same etcd, through these endpoints. Stop it before this one. */
  beside(servers: readonly string[], changes?: Partial<ApiserverConfig>): Promise<GatewayDoor>;
}

/**
 * Users: admin (system:masters), jane (nothing granted), a stranger whose certificate another authority signed.
 * @param options - of its etcd; default one member
 */
export async function startGateway(options: Parameters<typeof startTestEtcd>[0] = {}): Promise<TestGateway> {
  const etcd = await startTestEtcd(options);
  const deps = { clock: realClock };
  const users = [
    { name: "admin", commonName: "admin", organizations: ["system:masters"] },
    { name: "jane", commonName: "jane" },
  ];
  const pki = await ensureClusterPki(join(etcd.folder, "cluster-pki"), { users }, deps);
  const foreign = { users: [{ name: "stranger", commonName: "admin", organizations: ["system:masters"] }] };
  const strangers = await ensureClusterPki(join(etcd.folder, "foreign-pki"), foreign, deps);
  const config = gatewayConfig(pki, etcd);
  const apiserver = await startApiserver(config, { clock: realClock, log: silentLogger });
  const pairs = new Map<string, KeyPair>([...pki.users, ...strangers.users]);
  const kubeconfig = join(etcd.folder, "kubeconfig");
  const admin = pairs.get("admin") as KeyPair;
  writeKubeconfig(kubeconfig, { server: apiserver.url, ca: pki.ca, user: admin });
  const agents = new Map<string, Agent>();
  const agentOf = (user: string) => {
    const pair = pairs.get(user);
    const agent =
      agents.get(user) ??
      new Agent({ keepAlive: true, ca: pki.ca, ...(pair !== undefined && { cert: pair.cert, key: pair.key }) });
    agents.set(user, agent);
    return agent;
  };
  const door = (running: RunningApiserver): GatewayDoor => {
    const base = { host: "127.0.0.1", port: running.port };
    return {
      apiserver: running,
      call: (path, options = {}) => send({ ...base, path, agent: agentOf(options.user ?? "admin") }, options),
      watch: (path, options = {}) => openWatch({ ...base, path, agent: agentOf(options.user ?? "admin") }, options),
      stop: () => running.stop(),
    };
  };
  return {
    ...door(apiserver),
    etcd,
    kubeconfig,
    config,
    pki,
    async beside(servers, changes = {}) {
      const other = { ...config, etcd: { ...config.etcd, servers }, ...changes };
      return door(await startApiserver(other, { clock: realClock, log: silentLogger }));
    },
    async stop() {
      for (const agent of agents.values()) agent.destroy();
      await apiserver.stop();
      await etcd.stop();
    },
  };
}

function gatewayConfig(pki: ClusterPki, etcd: TestEtcd): ApiserverConfig {
  const read = (path: string) => readFileSync(path, "utf8");
  return {
    bindAddress: "127.0.0.1",
    port: 0,
    etcd: {
      servers: etcd.clientUrls,
      tls: { ca: read(etcd.gateway.ca), certificate: read(etcd.gateway.cert), privateKey: read(etcd.gateway.key) },
      prefix: "/registry",
      compactionIntervalMs: 0,
    },
    serving: { certificate: read(pki.serverCert), privateKey: read(pki.serverKey) },
    clientCa: pki.ca,
    kubelets: { ca: pki.ca, certificate: read(pki.kubeletClientCert), privateKey: read(pki.kubeletClientKey) },
    serviceAccounts: {
      issuer: "https://kubernetes.default.svc",
      signingKey: read(pki.serviceAccountKey),
      verificationKeys: [],
    },
    serviceClusterIpRange: "10.96.0.0/16",
    eventTtlSeconds: 3600,
    inFlight: { readOnly: 400, mutating: 200 },
    minWatchSeconds: 1800,
  };
}

function requestOptions(target: RequestOptions, options: CallOptions): RequestOptions {
  const { method, headers, body } = options;
  const json = body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array);
  const length = Buffer.byteLength(bytesOf(body) ?? "");
  return {
    ...target,
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: {
      "User-Agent": "test/1",
      ...(json && { "Content-Type": "application/json" }),
      // Node says nothing of the length of a DELETE's body.
      ...(headers?.["Transfer-Encoding"] === undefined && { "Content-Length": length }),
      ...headers,
    } as OutgoingHttpHeaders,
  };
}

const bytesOf = (body: unknown): string | Uint8Array | undefined =>
  body === undefined || typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);

function send(target: RequestOptions, options: CallOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(requestOptions(target, options), async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString("utf8");
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text,
        get json() {
          return JSON.parse(text);
        },
      });
    });
    outgoing.once("error", reject);
    outgoing.end(bytesOf(options.body));
  });
}

function openWatch(target: RequestOptions, options: CallOptions): Promise<OpenWatch> {
  return new Promise((resolve, reject) => {
    const outgoing = request(requestOptions(target, options), (response) => {
      const lines = createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
      response.on("error", () => undefined);
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        async next() {
          const { value, done } = await lines.next();
          return done === true ? undefined : JSON.parse(value);
        },
        close: () => outgoing.destroy(),
      });
    });
    outgoing.once("error", reject);
    outgoing.end();
  });
}
