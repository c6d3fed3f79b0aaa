import type { WebSocket } from "ws";
import type { Clock } from "../../component-base/clock.ts";
import type { Logger } from "../../component-base/logger.ts";
import { channels, type ExecStatus, exitStatus, failedStatus, writeMessage } from "./channels.ts";
import type { ContainerView } from "./program.ts";
import { noOutput, outputOf, send, stdinOf } from "./socket-streams.ts";

/** What a client wants to be run, and which streams it has. */
export interface ExecRequest {
  readonly argv: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The query of the kubelet's `/exec/…`. @see https://github.com/kubernetes/kubelet/blob/v0.36.0/pkg/cri/streaming/remotecommand/exec.go */
export function execRequest(query: URLSearchParams): ExecRequest {
  const has = (name: string) => query.get(name) === "1";
  const tty = has("tty");
  return {
    argv: query.getAll("command"),
    stdin: has("input"),
    stdout: has("output"),
    // A terminal has one screen for both.
    stderr: has("error") && !tty,
    tty,
  };
}

/** What is found where an `exec` wants to go: a container, or why there is none. */
export type ExecTarget =
  | { readonly kind: "container"; readonly view: ContainerView }
  | { readonly kind: "none"; readonly problem: string };

const heartbeatMs = 30_000;
/**
 * So long nothing is said at first. kubectl reads before it has made its streams, and drops what is for one that is not there
 * yet; a real container takes longer to start a program.
 * @see https://github.com/kubernetes/client-go/blob/v0.36.0/tools/remotecommand/websocket.go
 */
const settleMs = 50;

/** Runs one `exec` on a socket that has just been opened, and closes it. Never throws. */
export async function runExec(
  socket: WebSocket,
  request: ExecRequest,
  target: ExecTarget,
  deps: { readonly clock: Clock; readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const gone = new AbortController();
  socket.once("close", () => gone.abort(new Error("the client has gone")));
  // What goes wrong with a socket closes it.
  socket.on("error", (err) => deps.log.debug({ err }, "an exec's connection failed"));
  const signal = AbortSignal.any([gone.signal, deps.signal]);
  const heartbeat = keepAlive(socket, deps.clock);
  try {
    const status = await outcome(socket, request, target, { ...deps, signal });
    await send(socket, writeMessage(channels.error, JSON.stringify(status)));
    socket.close(1000);
  } catch (err) {
    if (!signal.aborted) deps.log.warn({ err }, "an exec could not be told its outcome");
    socket.terminate();
  } finally {
    heartbeat.stop();
  }
}

/** Writing finds out that nobody is there any more, even where reading waits for a program. */
function keepAlive(socket: WebSocket, clock: Clock): { stop(): void } {
  const beat = () => {
    if (socket.readyState === socket.OPEN) socket.ping();
    timer = clock.setTimer(heartbeatMs, beat);
  };
  let timer = clock.setTimer(heartbeatMs, beat);
  return { stop: () => timer.cancel() };
}

async function outcome(
  socket: WebSocket,
  request: ExecRequest,
  target: ExecTarget,
  deps: { readonly clock: Clock; readonly log: Logger; readonly signal: AbortSignal },
): Promise<ExecStatus> {
  // From the first moment on nothing that the client says is lost.
  const stdin = stdinOf(socket, { wanted: request.stdin });
  await deps.clock.sleep(settleMs, deps);
  if (target.kind === "none") return failedStatus(`unable to upgrade connection: ${target.problem}`);
  const [name] = request.argv;
  if (name === undefined) return failedStatus("you must specify at least 1 command for the container");
  if (!request.stdin && !request.stdout && !request.stderr) {
    return failedStatus("unable to upgrade connection: you must specify at least 1 of stdin, stdout, stderr");
  }
  const { view } = target;
  const program = view.find(name);
  if (program === undefined) return failedStatus(notFound(name));
  const { tty } = request;
  const stdout = request.stdout ? outputOf(socket, channels.stdout, { terminal: tty }) : noOutput;
  const stderr = tty ? stdout : request.stderr ? outputOf(socket, channels.stderr, { terminal: false }) : noOutput;
  try {
    const env = tty ? { ...view.env, TERM: "xterm" } : view.env;
    const { clock, signal } = deps;
    return exitStatus(
      await program({ argv: request.argv, env, stdin, stdout, stderr, tty, container: view, clock, signal }),
    );
  } catch (err) {
    if (deps.signal.aborted) throw err;
    deps.log.warn({ err, program: name }, "a program in a container failed");
    return failedStatus(`error executing command in container: ${err instanceof Error ? err.message : String(err)}`);
  }
}

/** As containerd says it of runc, and the API server once more. */
const notFound = (name: string) =>
  `Internal error occurred: error executing command in container: failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process: exec: ${JSON.stringify(name)}: ${name.includes("/") ? `stat ${name}: no such file or directory` : "executable file not found in $PATH"}: unknown`;
