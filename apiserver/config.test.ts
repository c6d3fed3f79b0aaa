import { expect, test } from "vitest";
import { parseFlags } from "../component-base/flags.ts";
import { apiserverConfig } from "./config.ts";
import { apiserverFlags } from "./flags.ts";

function problems(...argv: string[]): string {
  const parsed = parseFlags(apiserverFlags, argv);
  if (parsed.kind !== "config") throw new Error("no config");
  try {
    apiserverConfig(parsed.config);
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

test.each([
  { name: "a name alone", flag: "etcd-1", problem: true },
  { name: "a URL alone", flag: "https://127.0.0.1:1", problem: true },
  { name: "no name", flag: "=https://127.0.0.1:1", problem: true },
  { name: "no URL of HTTP", flag: "etcd-1=127.0.0.1:1", problem: true },
  { name: "half a URL", flag: "etcd-1=https://", problem: true },
  { name: "two that are right", flag: "etcd-1=https://127.0.0.1:1,etcd-2=http://[::1]:2", problem: false },
])("--etcd-member-servers is checked: $name", ({ flag, problem }) => {
  expect(problems(`--etcd-member-servers=${flag}`).includes("is not of the form name=url")).toBe(problem);
});
