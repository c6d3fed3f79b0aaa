import { request } from "node:http";
import { createInterface } from "node:readline";
import { errorCode } from "../component-base/secret-file.ts";
import { controlSocket, type DataDir } from "./data-dir.ts";
import type { ControlMessage } from "./up/control/operation.ts";
import { UserError } from "./user-error.ts";

/**
 * Asks the launcher of a running control plane for an operation.
 *
 * @param options.say - hears what it tells while it goes on
 * @param options.signal - gives the operation up
 * @returns its result: JSON, as unknown as what comes from any other process
 * @throws UserError when no control plane runs in that data directory, or with the sentence of the operation
 */
export async function callLauncher(
  folder: DataDir,
  operation: string,
  input: unknown,
  options: { readonly say: (line: string) => void; readonly signal: AbortSignal },
): Promise<unknown> {
  for await (const message of send(folder, operation, input, options.signal)) {
    if ("say" in message) options.say(message.say);
    else if ("result" in message) return message.result;
    else throw message.error.forUsers ? new UserError(message.error.message) : new Error(message.error.message);
  }
  throw new UserError(`the control plane in ${folder.root} ended before ${operation} had ended`);
}

async function* send(
  folder: DataDir,
  operation: string,
  input: unknown,
  signal: AbortSignal,
): AsyncGenerator<ControlMessage> {
  const outgoing = request({ socketPath: controlSocket(folder), method: "POST", path: `/${operation}`, signal });
  const response = new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    outgoing.once("response", resolve);
    outgoing.once("error", (error) => reject(isNobody(error) ? notRunning(folder) : error));
  });
  outgoing.end(JSON.stringify(input ?? null));
  try {
    for await (const line of createInterface({ input: await response })) yield JSON.parse(line) as ControlMessage;
  } catch (error) {
    if (errorCode(error) !== "ECONNRESET" || signal.aborted) throw error;
  } finally {
    outgoing.destroy();
  }
}

function isNobody(error: Error): boolean {
  return ["ENOENT", "ECONNREFUSED"].includes(errorCode(error) ?? "");
}

function notRunning(folder: DataDir): UserError {
  return new UserError(
    `no control plane runs in ${folder.root}: start one with \`npm start\`, or name another with --data-dir`,
  );
}
