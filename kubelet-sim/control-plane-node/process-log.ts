import type { Clock } from "../../component-base/clock.ts";
import type { LogAnswer } from "../container-logs.ts";
import { lineTime } from "./line-time.ts";
import { endOfWholeLines, type FilePart, linesOf, sizeOf, startOfLast } from "./log-file.ts";

/** New lines are looked for this often. */
const pollMs = 200;
const pieceBytes = 32 * 1024;

interface LogOptions {
  readonly tailLines: number | undefined;
  readonly limitBytes: number;
  readonly sinceMs: number | undefined;
  readonly follow: boolean;
  readonly timestamps: boolean;
}

/** The log file of a process, as the parameters of `pods/log` ask for it. */
export function processLog(
  part: FilePart,
  parameters: URLSearchParams,
  { clock }: { readonly clock: Clock },
): LogAnswer {
  const seconds = wholeNumber(parameters.get("sinceSeconds"));
  const sinceTime = parameters.get("sinceTime");
  const options: LogOptions = {
    tailLines: wholeNumber(parameters.get("tailLines")),
    limitBytes: wholeNumber(parameters.get("limitBytes")) ?? Number.POSITIVE_INFINITY,
    sinceMs:
      seconds !== undefined ? clock.now() - seconds * 1000 : sinceTime === null ? undefined : Date.parse(sinceTime),
    follow: parameters.get("follow") === "true" && part.to === undefined,
    timestamps: parameters.get("timestamps") === "true",
  };
  return { kind: "lines", pieces: ({ signal }) => pieces(part, options, clock, signal) };
}

async function* pieces(
  part: FilePart,
  options: LogOptions,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<string, void, void> {
  let bytesLeft = options.limitBytes;
  for await (const text of chunks(part, options, clock, signal)) {
    const bytes = Buffer.byteLength(text);
    if (bytes >= bytesLeft) {
      yield Buffer.from(text).subarray(0, bytesLeft).toString("utf8");
      return;
    }
    bytesLeft -= bytes;
    yield text;
  }
}

async function* chunks(
  part: FilePart,
  { tailLines, sinceMs, follow, timestamps }: LogOptions,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<string, void, void> {
  const end = part.to ?? (await (follow ? endOfLines(part.path, part.from) : sizeOf(part.path)));
  let from = Math.min(part.from, end);
  if (tailLines !== undefined) from = await startOfLast(tailLines, { path: part.path, from, to: end });
  // A line that does not say when it was written belongs to the one before it.
  let atMs = clock.now();
  let isIn = sinceMs === undefined;
  let to = end;
  while (!signal.aborted) {
    let text = "";
    for await (const line of linesOf({ path: part.path, from, to })) {
      from = line.next;
      const saidMs = sinceMs === undefined && !timestamps ? undefined : lineTime(line.text, clock.now());
      atMs = saidMs ?? atMs;
      isIn ||= saidMs !== undefined && sinceMs !== undefined && saidMs >= sinceMs;
      if (!isIn) continue;
      text += timestamps ? `${new Date(atMs).toISOString().slice(0, -1)}000000Z ${line.text}\n` : `${line.text}\n`;
      if (text.length < pieceBytes) continue;
      yield text;
      text = "";
      if (signal.aborted) return;
    }
    if (text !== "") yield text;
    if (!follow) return;
    await clock.sleep(pollMs, { signal }).catch(() => undefined);
    to = await endOfLines(part.path, from);
    // A file that has become shorter is another one.
    if (to < from) from = 0;
  }
}

/** What is written of a line that has not ended yet waits until it has. */
async function endOfLines(path: string, from: number): Promise<number> {
  const size = await sizeOf(path);
  if (size <= from) return size;
  return endOfWholeLines({ path, from, to: size });
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}
