import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type {
  DefragAnswer,
  EtcdStatusAnswer,
  HashAnswer,
  KnownObject,
  MemberAnswer,
  MembersAnswer,
} from "../../apiserver/etcd-admin/answers.ts";
import { startApiserver } from "../../apiserver/start.ts";
import { findCommand } from "../../cli/command.ts";
import { commands } from "../../cli/commands.ts";
import { EtcdGateway } from "../../cli/etcd/gateway.ts";
import { saveSnapshot } from "../../cli/snapshot/save-snapshot.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import { realClock } from "../../component-base/clock.ts";
import { parseFlags } from "../../component-base/flags.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { eventually } from "../harness/eventually.ts";
import { startGateway, type TestGateway } from "../harness/gateway.ts";

const root = "/gatehouse/v1/etcd";
let gateway: TestGateway;
const get = async <T>(path: string) => (await gateway.call(`${root}/${path}`)).json as T;
const post = (path: string, body?: unknown) =>
  gateway.call(`${root}/${path}`, { method: "POST", ...(body !== undefined && { body }) });
const status = () => get<EtcdStatusAnswer>("status");

beforeAll(async () => {
  gateway = await startGateway({ members: 3 });
}, 60_000);
afterAll(() => gateway.stop());

function etcdctl(...args: string[]): string {
  const { binary, gateway: files, clientUrls } = gateway.etcd;
  const tls = [`--cacert=${files.ca}`, `--cert=${files.cert}`, `--key=${files.key}`];
  const program = binary.etcdctl ?? "etcdctl";
  return execFileSync(program, [`--endpoints=${clientUrls.join(",")}`, ...tls, ...args], {
    encoding: "utf8",
    env: { ...process.env, ETCDCTL_API: "3" },
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "ignore"],
  });
}

/** Where etcd 3.6 comes with etcdutl, its etcdctl no longer reads files. */
function snapshotStatus(file: string): string {
  const etcdutl = join(dirname(gateway.etcd.binary.path), "etcdutl");
  const words = ["snapshot", "status", file, "-w", "json"];
  return existsSync(etcdutl) ? execFileSync(etcdutl, words, { encoding: "utf8" }) : etcdctl(...words);
}

test("status tells of every member what etcd says, and how many may still be lost", async () => {
  const { members, cluster } = await status();
  expect(members.map(({ name }) => name)).toEqual(gateway.etcd.etcd.members.map(({ name }) => name));
  expect(members.filter(({ isLeader }) => isLeader).map(({ name }) => name)).toEqual([cluster.leader]);
  for (const member of members) {
    expect(member).toMatchObject({ reachable: true, isLearner: false, errors: [], alarms: [] });
    expect(member.version).toBe(gateway.etcd.binary.version);
    expect(member.endpoint).toBe(gateway.etcd.etcd.members.find(({ name }) => name === member.name)?.clientUrl);
    expect(member.lag).toBeLessThan(5);
    expect(member.dbSize).toBeGreaterThanOrEqual(member.dbSizeInUse ?? Number.NaN);
  }
  expect(cluster).toMatchObject({ voters: 3, quorum: 2, votersReachable: 3, mayStillLose: 1, membersFrom: "etcd" });
  const listed = etcdctl("member", "list").trim().split("\n");
  expect(members.map(({ id }) => id).sort()).toEqual(listed.map((line) => line.split(",")[0]).sort());
});

test.each([
  { name: "no such path", method: "GET", path: "nothing", code: 404 },
  { name: "a path of Object's", method: "GET", path: "constructor", code: 404 },
  { name: "wrong method", method: "GET", path: "defrag", code: 405 },
  { name: "wrong method of a stream", method: "POST", path: "snapshot", code: 405 },
  { name: "no body", method: "POST", path: "members", code: 400 },
  { name: "half a body", method: "POST", path: "members", body: '{"peerURLs":', code: 400 },
  { name: "a body that is a list", method: "POST", path: "members", body: "[]", code: 400 },
  { name: "no URLs", method: "POST", path: "members", body: "{}", code: 422 },
  { name: "a bad URL", method: "POST", path: "members", body: '{"peerURLs":["ftp://x:1"]}', code: 422 },
  { name: "a URL with a path", method: "POST", path: "members", body: '{"peerURLs":["http://x:1/p"]}', code: 422 },
  { name: "a URL twice", method: "POST", path: "members", body: '{"peerURLs":["http://x:1","http://x:1"]}', code: 422 },
  { name: "unknown field", method: "POST", path: "members", body: '{"peerURLs":["http://x:1"],"a":1}', code: 422 },
  {
    name: "learner is no bool",
    method: "POST",
    path: "members",
    body: '{"peerURLs":["http://x:1"],"isLearner":1}',
    code: 422,
  },
  { name: "unknown member removed", method: "DELETE", path: "members/8e9e05c52164694d", code: 404 },
  { name: "unknown member promoted", method: "POST", path: "members/nobody/promote", code: 404 },
  { name: "unknown member defragmented", method: "POST", path: "defrag?member=nobody", code: 404 },
  { name: "unknown member's snapshot", method: "GET", path: "snapshot?member=nobody", code: 404 },
  { name: "a voter promoted", method: "POST", path: "members/LEADER/promote", code: 409 },
  { name: "nobody is to lead", method: "POST", path: "move-leader", code: 400 },
  { name: "unknown member is to lead", method: "POST", path: "move-leader?to=nobody", code: 404 },
  { name: "no revision", method: "POST", path: "compact?revision=x", code: 400 },
  { name: "revision 0", method: "POST", path: "compact?revision=0", code: 400 },
  { name: "a future revision", method: "POST", path: "compact?revision=999999999", code: 422 },
  { name: "unknown alarm", method: "DELETE", path: "alarms?alarm=FIRE", code: 400 },
])("what cannot be done is refused with a Status: $name", async ({ method, path, body, code }) => {
  const { leader } = (await status()).cluster;
  const answer = await gateway.call(`${root}/${path.replace("LEADER", leader)}`, {
    method,
    ...(body !== undefined && { body }),
  });
  expect([answer.status, answer.json]).toMatchObject([code, { kind: "Status", status: "Failure", code }]);
  expect(answer.json.message).not.toBe("");
});

test("nobody without a role gets anywhere; a viewer sees and changes nothing", async () => {
  const asJane = async (method: string, path: string) =>
    (await gateway.call(`${root}/${path}`, { method, user: "jane" })).status;
  const views = ["status", "members", "alarms", "hash"];
  const others = [
    ["POST", "members"],
    ["POST", "defrag"],
    ["POST", "compact"],
    ["DELETE", "alarms"],
    ["GET", "snapshot"],
    ["GET", "known"],
    ["DELETE", "members/1"],
    ["POST", "move-leader"],
  ] as const;
  for (const path of views) expect(await asJane("GET", path), path).toBe(403);
  for (const [method, path] of others) expect(await asJane(method, path), path).toBe(403);
  const bind = (role: string) =>
    gateway.call("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      body: {
        metadata: { name: role },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "jane" }],
      },
    });
  expect((await bind("gatehouse:etcd-viewer")).status).toBe(201);
  // A binding counts from the moment that the gateway's own watch has shown it.
  await eventually("the viewer's role", async () => (await asJane("GET", "status")) === 200);
  for (const path of views) expect(await asJane("GET", path), path).toBe(200);
  for (const [method, path] of others) expect(await asJane(method, path), path).toBe(403);
  expect((await bind("gatehouse:etcd-operator")).status).toBe(201);
  await eventually("the operator's role", async () => (await asJane("POST", "compact?revision=x")) === 400);
});

test("members agree on what they hold, at one revision", async () => {
  await Promise.all(Array.from({ length: 30 }, (_, i) => makeConfigMap(`hash-${i}`)));
  const answer = await get<HashAnswer>("hash");
  expect(new Set(answer.members.map(({ hash }) => hash)).size).toBe(1);
  expect(answer).toMatchObject({ agree: true });
  expect(BigInt(answer.revision)).toBeGreaterThan(30n);
});

test("compaction ends what can be read of history, and nothing else", async () => {
  const path = "/api/v1/namespaces/default/configmaps";
  const before = (await gateway.call(path)).json.metadata.resourceVersion as string;
  const watch = await gateway.watch(`${path}?watch=1&resourceVersion=${before}`);
  await makeConfigMap("compacted-1");
  const answer = (await post("compact")).json;
  expect(BigInt(answer.revision)).toBeGreaterThan(BigInt(before));
  const again = await post(`compact?revision=${answer.revision}`);
  expect([again.status, again.json.reason]).toEqual([410, "Expired"]);
  const exact = await gateway.call(`${path}?resourceVersion=${before}&resourceVersionMatch=Exact`);
  expect([exact.status, exact.json.reason]).toEqual([410, "Expired"]);
  // This gateway has all changes since its start in memory; one that starts now has not.
  const second = await startApiserver(gateway.config, { clock: realClock, log: silentLogger });
  const file = join(gateway.etcd.folder, "watch.json");
  await download(`${path}?watch=1&resourceVersion=2`, file, second.port);
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ type: "ERROR", object: { code: 410 } });
  await second.stop();
  await makeConfigMap("compacted-2");
  expect((await watch.next()).object.metadata.name).toBe("compacted-1");
  expect((await watch.next()).object.metadata.name).toBe("compacted-2");
  watch.close();
  const fresh = await gateway.watch(`${path}?watch=1`);
  expect(await fresh.next()).toMatchObject({ type: "ADDED" });
  fresh.close();
  expect(await get<HashAnswer>("hash")).toMatchObject({ agree: true });
});

test("defragmentation takes member by member, the leader last", async () => {
  const { leader } = (await status()).cluster;
  const { members } = (await post("defrag")).json as DefragAnswer;
  expect(members.map(({ name }) => name).sort()).toEqual(gateway.etcd.etcd.members.map(({ name }) => name).sort());
  expect(members.at(-1)?.name).toBe(leader);
  for (const { sizeBefore, sizeAfter } of members) expect(sizeAfter).toBeLessThanOrEqual(sizeBefore);
  expect(((await post(`defrag?member=${leader}`)).json as DefragAnswer).members).toMatchObject([{ name: leader }]);
});

test("another member leads when it is told to", async () => {
  const { members, cluster } = await status();
  const to = members.find(({ isLeader }) => !isLeader)?.name;
  expect((await post(`move-leader?to=${to}`)).json).toEqual({ from: cluster.leader, to });
  await eventually("the new leader", async () => (await status()).cluster.leader === to);
  await makeConfigMap("after-move");
});

test("what the gateway knows is what etcd holds, key by key", async () => {
  const text = (await gateway.call(`${root}/known`)).text;
  const known = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as KnownObject);
  const { kvs } = JSON.parse(etcdctl("get", "/registry/", "--prefix", "-w", "json")) as {
    kvs: { key: string; value: string; mod_revision: number }[];
  };
  const inEtcd = kvs.map(({ key, value, mod_revision }) => ({
    storageKey: Buffer.from(key, "base64").toString(),
    revision: String(mod_revision),
    hash: createHash("sha256").update(Buffer.from(value, "base64")).digest("hex"),
  }));
  expect(known).toEqual(inEtcd);
  expect(known.length).toBeGreaterThan(100);
});

test("a snapshot is the database with its checksum, as stock etcdctl reads it", async () => {
  const file = join(gateway.etcd.folder, "snapshot.db");
  const { bytes, contentLength } = await download(`${root}/snapshot`, file);
  expect(bytes).toBe(contentLength);
  expect(bytes % 512).toBe(32);
  const { totalKey, revision, hash } = JSON.parse(snapshotStatus(file));
  expect(totalKey).toBeGreaterThan(100);
  expect(hash).toBeGreaterThan(0);
  expect(String(revision)).toBe((await status()).cluster.revision);
});

test("a snapshot is saved through the gateway: whole, verified, and as etcd was", async () => {
  const file = join(gateway.etcd.folder, "saved.db");
  const gone: number[] = [];
  const connection = new EtcdGateway(gateway.kubeconfig, { callTimeoutMs: 10_000 });
  const { signal } = new AbortController();
  const onProgress = (done: number) => gone.push(done);
  const saved = await saveSnapshot(connection, { file, onProgress, signal }, { clock: realClock });
  expect(statSync(file)).toMatchObject({ size: saved.sizeBytes });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(gone.at(-1)).toBe(saved.sizeBytes);
  expect(String(JSON.parse(snapshotStatus(file)).revision)).toBe(saved.revision);
  async function* sealed(plain: AsyncIterable<Uint8Array>) {
    for await (const piece of plain) yield piece.map((byte) => byte ^ 0xff);
  }
  const other = join(gateway.etcd.folder, "sealed.db");
  await saveSnapshot(connection, { file: other, seal: sealed, signal }, { clock: realClock });
  writeFileSync(
    file,
    readFileSync(other).map((byte) => byte ^ 0xff),
  );
  expect(JSON.parse(snapshotStatus(file)).totalKey).toBeGreaterThan(100);
  const refused = saveSnapshot(connection, { file, member: "nobody", signal }, { clock: realClock });
  await expect(refused).rejects.toMatchObject({ code: 404 });
  await connection.close();
});

test.each([
  { words: "etcd status", code: 0, prints: /\n\nquorum 2 of 3; 1 member may still be lost$/ },
  { words: "etcd status -o json", code: 0, prints: /"mayStillLose": 1/ },
  { words: "etcd members", code: 0, prints: /^NAME +ID +STATE +VOTE +PEER URLS +CLIENT URLS\n/ },
  { words: "etcd hash", code: 0, prints: /all 3 members agree at revision \d+$/ },
  { words: "etcd alarm list", code: 0, prints: /^no alarms$/ },
  { words: "etcd alarm disarm", code: 0, prints: /^no alarms$/ },
  { words: "etcd alarm off", code: "UserError", prints: /list or disarm/ },
  { words: "etcd compact", code: 0, prints: /^history before revision (\d+) is gone; etcd is at revision \1$/ },
  { words: "etcd compact --revision 3", code: "StatusError", prints: /required revision has been compacted/ },
  // At the very revision that all were compacted to.
  { words: "etcd hash", code: 0, prints: /all 3 members agree at revision \d+$/ },
  { words: "etcd defrag", code: 0, prints: /^NAME +ID +SIZE BEFORE +SIZE AFTER +TOOK\n(.*ms\n){2}.*ms$/ },
  {
    words: "etcd defrag --member nobody",
    code: "StatusError",
    prints: /etcd has no member "nobody"; there are etcd-1,/,
  },
  { words: "etcd move-leader", code: "UserError", prints: /takes one member/ },
  { words: "etcd member-add", code: "UserError", prints: /--peer-urls: is needed/ },
  { words: "etcd member-remove nobody", code: "StatusError", prints: /etcd has no member "nobody"/ },
  { words: "etcd member-promote nobody", code: "StatusError", prints: /etcd has no member "nobody"/ },
  { words: "snapshot save FILE", code: 0, prints: /^saved .*: \d+ kB at revision \d+, in [\d.]+ s$/ },
  { words: "snapshot save FILE -o json", code: 0, prints: /"encrypted":false/ },
  { words: "snapshot save /", code: "UserError", prints: /is a folder/ },
])("gatehouse $words", async ({ words, code, prints }) => {
  const file = join(gateway.etcd.folder, "by-command.db");
  const found = findCommand(commands, words.replace("FILE", file).split(" "));
  const parsed = parseFlags(found?.command.flags ?? {}, [...(found?.rest ?? []), "--kubeconfig", gateway.kubeconfig]);
  if (parsed.kind !== "config") throw new Error(JSON.stringify(parsed));
  const log = vi.spyOn(console, "log").mockReturnValue();
  try {
    expect(await found?.command.run(parsed)).toBe(code);
    expect(log.mock.lastCall?.[0]).toMatch(prints);
  } catch (error) {
    if (code === 0 || !(error instanceof Error)) throw error;
    expect([error.name, error.message]).toEqual([code, expect.stringMatching(prints)]);
  } finally {
    log.mockRestore();
  }
});

describe("members come and go", () => {
  test("a learner is listed, does not vote, and is refused a vote while it is behind", async () => {
    // etcd calls its members well when they have been connected for five seconds.
    const added = await eventually("members are well", async () => {
      const answer = await post("members", { peerURLs: ["https://127.0.0.1:1"], isLearner: true });
      return answer.json.message?.endsWith("etcdserver: unhealthy cluster") !== true && answer;
    });
    expect([added.status, added.json]).toMatchObject([201, { member: { name: "", isLearner: true } }]);
    const { id } = added.json.member as MemberAnswer;
    const { members, cluster } = await status();
    expect(members.find((member) => member.id === id)).toMatchObject({ reachable: false, isLearner: true });
    expect(cluster).toMatchObject({ voters: 3, votersReachable: 3, mayStillLose: 1 });
    const promoted = await post(`members/${id}/promote`);
    expect([promoted.status, promoted.json.message]).toEqual([409, expect.stringContaining("behind the leader")]);
    const second = await post("members", { peerURLs: ["https://127.0.0.1:2"], isLearner: true });
    expect(second.status).toBe(409);
    const moved = await gateway.call(`${root}/members/${id}`, {
      method: "PUT",
      body: { peerURLs: ["https://127.0.0.1:3"] },
    });
    expect((moved.json as MembersAnswer).members.find((member) => member.id === id)?.peerURLs).toEqual([
      "https://127.0.0.1:3",
    ]);
    const removed = await gateway.call(`${root}/members/${id}`, { method: "DELETE" });
    expect((removed.json as MembersAnswer).members.map((member) => member.id)).not.toContain(id);
    expect((await gateway.call(`${root}/members/${id}`, { method: "DELETE" })).status).toBe(404);
  });

  test("no member is added while one is away, and the cluster is not defragmented", async () => {
    const { leader } = (await status()).cluster;
    kill(({ name }) => name !== leader);
    const { members, cluster, away } = await eventually("its connection to be refused", async () => {
      const answer = await status();
      const away = answer.members.find(({ reachable }) => !reachable);
      return /^connect ECONNREFUSED [\d.:]+$/.test(away?.errors[0] ?? "") && { ...answer, away };
    });
    expect(cluster).toMatchObject({ leader, votersReachable: 2, mayStillLose: 0 });
    const added = await post("members", { peerURLs: ["https://127.0.0.1:1"] });
    expect([added.status, added.json.message]).toEqual([409, expect.stringContaining("etcdserver: ")]);
    const defrag = await post("defrag");
    expect([defrag.status, defrag.json.message]).toEqual([409, expect.stringContaining(`${away?.name}`)]);
    expect((await post(`defrag?member=${leader}`)).status).toBe(200);
    const other = members.find(({ name, reachable }) => reachable && name !== leader)?.id;
    const removed = await gateway.call(`${root}/members/${other}`, { method: "DELETE" });
    expect([removed.status, removed.json.message]).toEqual([409, expect.stringContaining("etcdserver: ")]);
  });
});

test("without a majority it is still told how etcd is, and a snapshot can still be taken", async () => {
  const { leader } = (await status()).cluster;
  kill(({ name }) => name === leader);
  const { members, cluster } = await eventually("no leader", async () => {
    const answer = await status();
    return answer.cluster.leader === "" && answer;
  });
  expect(cluster).toMatchObject({ voters: 3, quorum: 2, votersReachable: 1, mayStillLose: 0, membersFrom: "etcd" });
  expect(members.filter(({ reachable }) => reachable)).toMatchObject([{ errors: ["etcdserver: no leader"] }]);
  expect((await get<MembersAnswer>("members")).members).toHaveLength(3);
  expect((await gateway.call(`${root}/alarms`)).json).toEqual({ alarms: [] });
  const hash = await get<HashAnswer>("hash");
  expect(hash.members.filter(({ hash }) => hash !== undefined)).toHaveLength(1);
  for (const [method, path] of [
    ["POST", "compact"],
    ["DELETE", "alarms"],
    ["POST", "move-leader?to=x"],
    ["DELETE", "members/x"],
  ] as const) {
    const refused = await gateway.call(`${root}/${path}`, { method });
    const message = expect.stringContaining("1 of 3 voting members answer, and 2 must agree on one");
    expect([refused.status, refused.json.message], path).toEqual([503, message]);
  }
  const file = join(gateway.etcd.folder, "last.db");
  const { bytes, contentLength } = await download(`${root}/snapshot`, file);
  expect(bytes).toBe(contentLength);
});

test("when no member answers, the members are those that were seen last", async () => {
  kill(() => true);
  const { members, cluster } = await status();
  expect(cluster).toMatchObject({ voters: 3, votersReachable: 0, mayStillLose: 0, membersFrom: "memory" });
  expect(members.every(({ reachable, name }) => !reachable && name !== "")).toBe(true);
  expect((await gateway.call(`${root}/snapshot`)).status).toBe(503);
});

test("an etcd that is full says so, and goes on when room was made and the alarm disarmed", async () => {
  const full = await startGateway({ quotaBackendBytes: 4 << 20 });
  const path = "/api/v1/namespaces/default/configmaps";
  const data = { text: "x".repeat(500_000) };
  const write = (i: number) => full.call(path, { body: { metadata: { name: `full-${i}` }, data } });
  const ask = (method: string, what: string) => full.call(`${root}/${what}`, { method });
  let written = 0;
  const refused = await eventually(
    "no space",
    async () => {
      const answer = await write(written++);
      return answer.status !== 201 && answer;
    },
    { everyMs: 5 },
  );
  expect(refused.json.message).toContain("database space exceeded");
  expect((await full.call(path)).status).toBe(200);
  const { members, cluster } = (await ask("GET", "status")).json as EtcdStatusAnswer;
  const [member] = members;
  expect(member).toMatchObject({ alarms: ["NOSPACE"], errors: [] });
  const alarm = { member: member?.name, id: member?.id, alarm: "NOSPACE" };
  expect(cluster.alarms).toEqual([alarm]);
  expect((await ask("GET", "alarms")).json).toEqual({ alarms: [alarm] });
  expect((await full.call(path, { method: "DELETE" })).status).toBe(200);
  expect((await ask("POST", "compact")).status).toBe(200);
  const defrag = (await ask("POST", "defrag")).json as DefragAnswer;
  expect(defrag.members[0]?.sizeAfter).toBeLessThan(2 << 20);
  expect((await ask("DELETE", "alarms?alarm=CORRUPT")).json).toEqual({ disarmed: [] });
  expect((await ask("DELETE", "alarms")).json).toEqual({ disarmed: [alarm] });
  expect((await ask("GET", "alarms")).json).toEqual({ alarms: [] });
  expect((await write(written)).status).toBe(201);
  await full.stop();
}, 30_000);

const dead = new Set<number>();
/** SIGKILL for one member. */
function kill(which: (member: { name: string }) => boolean): void {
  const member = gateway.etcd.etcd.members.find((one) => !dead.has(one.pid) && which(one));
  if (member === undefined) throw new Error("no such member lives");
  dead.add(member.pid);
  process.kill(member.pid, "SIGKILL");
}

async function makeConfigMap(name: string): Promise<void> {
  const made = await gateway.call("/api/v1/namespaces/default/configmaps", { body: { metadata: { name } } });
  expect(made.status).toBe(201);
}

function download(
  path: string,
  file: string,
  port = gateway.apiserver.port,
): Promise<{ bytes: number; contentLength: number }> {
  const { ca, cert, key } = loadKubeconfig(gateway.kubeconfig);
  const agent = new Agent({ ca, cert, key });
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, path, agent }, async (response) => {
      if (response.statusCode !== 200) reject(new Error(`answer ${response.statusCode}`));
      const target = createWriteStream(file);
      await pipeline(response, target);
      resolve({ bytes: target.bytesWritten, contentLength: Number(response.headers["content-length"]) });
    });
    outgoing.once("error", reject);
    outgoing.end();
  });
}
