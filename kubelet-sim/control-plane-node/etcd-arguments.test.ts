import { describe, expect, test } from "vitest";
import { etcdCall } from "./etcd-arguments.ts";
import { PodFiles } from "./pod-files.ts";

const files = new PodFiles("/root-of-pod", new Map([["/etc/kubernetes/pki/etcd/ca.crt", "/machine/ca.crt"]]));
const clientUrl = "https://127.0.0.1:40001";
const context = { program: "etcdctl", clientUrl, onMachine: (path: string) => files.onMachine(path) } as const;
const call = (words: string, env: Record<string, string> = {}) => {
  const result = etcdCall(words.split(" "), env, context);
  return result.kind === "refused" ? result.problem : result.args.join(" ");
};

const translations = [
  {
    name: "a certificate",
    words: "--cacert=/etc/kubernetes/pki/etcd/ca.crt get /a",
    args: "--cacert=/machine/ca.crt get /a",
  },
  {
    name: "a flag in two words",
    words: "--cacert /etc/kubernetes/pki/etcd/ca.crt get a",
    args: "--cacert /machine/ca.crt get a",
  },
  { name: "any other file of a flag", words: "--key=/etc/shadow get a", args: "--key=/root-of-pod/etc/shadow get a" },
  {
    name: "the usual endpoint",
    words: "--endpoints=https://127.0.0.1:2379 get a",
    args: `--endpoints=${clientUrl} get a`,
  },
  {
    name: "the usual endpoint in short",
    words: "--endpoints 127.0.0.1:2379,[::1]:2379 get a",
    args: `--endpoints ${clientUrl},${clientUrl} get a`,
  },
  {
    name: "another endpoint",
    words: "--endpoints https://127.0.0.1:40002 get a",
    args: "--endpoints https://127.0.0.1:40002 get a",
  },
  {
    name: "a key that looks like a path",
    words: "get /var/lib/etcd/../x --prefix",
    args: "get /var/lib/etcd/../x --prefix",
  },
  {
    name: "a snapshot",
    words: "snapshot save /var/lib/etcd/x.db",
    args: "snapshot save /root-of-pod/var/lib/etcd/x.db",
  },
  {
    name: "a path that would lead out",
    words: "snapshot save ../../../etc/x.db",
    args: "snapshot save /root-of-pod/etc/x.db",
  },
  { name: "a path that looks like a URL", words: "snapshot save a://../../x", args: "snapshot save /root-of-pod/x" },
  {
    name: "a folder to restore to",
    words: "snapshot restore x.db --data-dir /../out",
    args: "snapshot restore x.db --data-dir /root-of-pod/out",
  },
  {
    name: "members to restore with",
    words: "snapshot restore x.db --initial-cluster a=https://h:1",
    args: "snapshot restore x.db --initial-cluster a=https://h:1",
  },
  { name: "lock", words: "--debug lock x touch /tmp/x", args: "lock is not available in this Pod" },
  {
    name: "watch with a program",
    words: "watch a -- touch x",
    args: "watch with a program is not available in this Pod",
  },
  { name: "interactive watch", words: "-wi=json watch", args: "watch with a program is not available in this Pod" },
  { name: "plain watch", words: "watch --prefix -w json /", args: "watch --prefix -w json /" },
] as const;
test.each(translations)("$name", ({ words, args }) => {
  expect(call(words)).toBe(args);
});

describe("the environment", () => {
  const env = (words: string, given: Record<string, string>) => {
    const result = etcdCall(words.split(" "), given, context);
    return result.kind === "call" ? result.env : undefined;
  };
  test("names the member, and keeps only what it knows", () => {
    const given = { ETCDCTL_API: "3", ETCDCTL_CERT: "/c", ETCDCTL_WATCH_KEY: "x", LD_PRELOAD: "/x" };
    expect(env("get a", given)).toEqual({
      ETCDCTL_API: "3",
      ETCDCTL_CERT: "/root-of-pod/c",
      ETCDCTL_ENDPOINTS: clientUrl,
    });
  });
  test("leaves the endpoint to the flag", () => {
    expect(env("--endpoints=https://a:1 get a", {})).toEqual({});
  });
});

test("files of the Pod are named as the Pod sees them", () => {
  expect(files.asInPod("saved /root-of-pod/tmp/x with /machine/ca.crt in /root-of-pod")).toBe(
    "saved /tmp/x with /etc/kubernetes/pki/etcd/ca.crt in /",
  );
});
