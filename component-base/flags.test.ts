import { expect, test } from "vitest";
import {
  choiceFlag,
  durationFlag,
  flagHelp,
  integerFlag,
  listFlag,
  optionalFlag,
  parseFlags,
  stringFlag,
  switchFlag,
} from "./flags.ts";

const table = {
  securePort: integerFlag({
    name: "secure-port",
    placeholder: "port",
    default: 6443,
    max: 65535,
    help: "where to listen",
  }),
  bindAddress: stringFlag({ name: "bind-address", placeholder: "ip", default: "127.0.0.1", help: "address" }),
  kubeconfig: optionalFlag({ name: "kubeconfig", placeholder: "file", help: "credentials" }),
  leaderElect: switchFlag({ name: "leader-elect", default: true, help: "elect a leader" }),
  singleProcess: switchFlag({ name: "single-process", default: false, help: "one process" }),
  logFormat: choiceFlag({ name: "log-format", values: ["text", "json"], default: "text", help: "log form" }),
  controllers: listFlag({ name: "controllers", placeholder: "names", default: ["*"], help: "which ones" }),
  graceMs: durationFlag({ name: "grace", default: 40_000, defaultText: "40s", help: "how long to wait" }),
};

test("without flags the config is the defaults, frozen", () => {
  const parsed = parseFlags(table, []);
  expect(parsed).toMatchObject({ kind: "config", config: { securePort: 6443, leaderElect: true, controllers: ["*"] } });
  expect(parsed.kind === "config" && Object.isFrozen(parsed.config)).toBe(true);
});

test.each([
  ["a value after a space", ["--secure-port", "0"], { securePort: 0 }],
  ["a value after =", ["--secure-port=8443"], { securePort: 8443 }],
  ["a switch", ["--single-process"], { singleProcess: true }],
  ["a switch turned off", ["--leader-elect=false"], { leaderElect: false }],
  ["a list", ["--controllers=*,-job"], { controllers: ["*", "-job"] }],
  ["a duration of two units", ["--grace", "1m30s"], { graceMs: 90_000 }],
  ["an empty text", ["--bind-address="], { bindAddress: "" }],
])("reads %s", (_name, argv, config) => {
  expect(parseFlags(table, argv)).toMatchObject({ kind: "config", config });
});

test("what is no flag is handed back, and everything after --", () => {
  expect(parseFlags(table, ["pod/web", "--secure-port", "1", "--", "--nodes", "3"])).toMatchObject({
    args: ["pod/web", "--nodes", "3"],
  });
});

test("all problems come at once", () => {
  const parsed = parseFlags(table, [
    "--secure-port=70000",
    "--nodez=3",
    "--log-format=xml",
    "--grace=soon",
    "--kubeconfig",
  ]);
  expect(parsed).toEqual({
    kind: "problems",
    problems: [
      '--secure-port: "70000" is not a whole number from 0 to 65535',
      "--nodez: there is no such flag",
      '--log-format: "xml" is none of text, json',
      '--grace: "soon" is no duration like 40s or 1m30s',
      "--kubeconfig: needs a value (file)",
    ],
  });
});

test("help names every flag with its default", () => {
  const help = flagHelp(table);
  for (const flag of Object.values(table)) expect(help).toContain(`--${flag.name}`);
  expect(help).toMatch(/--secure-port <port> +where to listen \(default 6443\)/);
  expect(help).toMatch(/--single-process +one process$/m);
});

test("until the first word: what follows it is handed back as it is", () => {
  const table = { json: switchFlag({ name: "json", default: false, help: "" }) };
  expect(parseFlags(table, ["--json", "get", "--json", "--help"], { until: "first word" })).toEqual({
    kind: "config",
    config: { json: true },
    args: ["get", "--json", "--help"],
  });
  expect(parseFlags(table, ["--help", "get"], { until: "first word" })).toEqual({ kind: "help" });
});
