import { spawn } from "node:child_process";

export interface CommandResult {
  /** Exit code; undefined when it could not be started or was killed. */
  readonly code: number | undefined;
  /** Standard output and standard error as they came. */
  readonly output: string;
}

/** Runs a program to its end; never throws for a program that fails or is missing. */
export function runCommand(
  program: string,
  args: readonly string[],
  options: { readonly signal: AbortSignal; readonly cwd?: string; readonly environment?: NodeJS.ProcessEnv },
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      signal: options.signal,
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      ...(options.environment !== undefined && { env: options.environment }),
    });
    let output = "";
    const collect = (chunk: Buffer) => {
      if (output.length < 1_000_000) output += chunk.toString("utf8");
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("error", (error) => resolve({ code: undefined, output: `${output}${error.message}` }));
    child.once("close", (code) => resolve({ code: code ?? undefined, output }));
  });
}
