import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { type Input, piecesOf } from "../exec/input.ts";
import type { Output, Program, ProgramCall } from "../exec/program.ts";
import { type EtcdCallContext, etcdCall } from "./etcd-arguments.ts";
import type { PodFiles } from "./pod-files.ts";

export interface EtcdProgram {
  readonly name: "etcdctl" | "etcdutl";
  /** The file that is run. */
  readonly path: string;
  readonly clientUrl: string;
  readonly files: PodFiles;
}

const killAfterMs = 2_000;

/** etcd's own client as a program of its Pod: a process of this machine, never by way of a shell. */
export function etcdProgram({ name, path, clientUrl, files }: EtcdProgram): Program {
  const context: EtcdCallContext = { program: name, clientUrl, onMachine: (file) => files.onMachine(file) };
  return async (call) => {
    const translated = etcdCall(call.argv.slice(1), call.env, context);
    if (translated.kind === "refused") {
      await call.stderr.write(`${name}: ${translated.problem}\n`);
      return 2;
    }
    await files.prepare();
    const child = spawn(path, [...translated.args], {
      cwd: files.root,
      env: { PATH: "/usr/bin:/bin", HOME: files.root, ...translated.env },
      stdio: ["pipe", "pipe", "pipe"],
      signal: undefined,
    });
    const inPod = (text: string) => files.asInPod(text);
    return runChild(child, call, { stdout: translated.namesFiles ? inPod : undefined, stderr: inPod });
  };
}

interface Rewriting {
  /** Absent: passed on as it is. */
  readonly stdout: ((text: string) => string) | undefined;
  readonly stderr: (text: string) => string;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Resolves with the exit code when the child has ended and all it has written has been handed on. */
async function runChild(child: Child, call: ProgramCall, rewriting: Rewriting): Promise<number> {
  const { clock, signal } = call;
  const gone = new AbortController();
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 137));
  }).finally(() => gone.abort(new Error("the program has ended")));
  const kill = () => {
    child.kill("SIGTERM");
    const timer = clock.setTimer(killAfterMs, () => child.kill("SIGKILL"));
    child.once("close", () => timer.cancel());
    // Nobody reads any more, and a child that waits for a reader does not end.
    child.stdout.resume();
    child.stderr.resume();
  };
  if (signal.aborted) kill();
  signal.addEventListener("abort", kill, { once: true });
  // It may have ended before it has read everything.
  child.stdin.on("error", () => undefined);
  const fed = feed(call.stdin, child.stdin, { signal: gone.signal });
  try {
    const pumps = [
      pump(child.stdout, call.stdout, rewriting.stdout),
      pump(child.stderr, call.stderr, rewriting.stderr),
    ];
    // A reader that has gone is told by the signal as well.
    const [code] = await Promise.all([ended, fed, ...pumps.map((done) => done.catch(() => child.kill("SIGTERM")))]);
    signal.throwIfAborted();
    return code;
  } finally {
    signal.removeEventListener("abort", kill);
  }
}

/** As fast as the child reads; ends with the input. What the child has not been given when it ends stays for others. */
async function feed(input: Input, stdin: Writable, options: { readonly signal: AbortSignal }): Promise<void> {
  try {
    for await (const piece of piecesOf(input, options)) {
      if (!stdin.write(piece)) await once(stdin, "drain", options);
    }
    stdin.end();
  } catch (error) {
    // The child has ended, or has closed its input.
    if (!options.signal.aborted && !stdin.destroyed) throw error;
    stdin.destroy();
  }
}

async function pump(from: Readable, to: Output, rewrite: ((text: string) => string) | undefined): Promise<void> {
  for await (const chunk of from) {
    await to.write(rewrite === undefined ? (chunk as Buffer) : rewrite((chunk as Buffer).toString("utf8")));
  }
}
