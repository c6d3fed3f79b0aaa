import { piecesOf } from "./input.ts";
import type { ProgramCall } from "./program.ts";

const maxLineLength = 4096;

/**
 * The lines that somebody types at a terminal that sends every key: shows the prompt and what is typed, understands Backspace,
 * Ctrl-C (forget the line), Ctrl-U and Ctrl-D (the end, on an empty line). Other control keys and escape sequences do nothing.
 */
export async function* promptedLines(
  { stdin, stdout, signal }: Pick<ProgramCall, "stdin" | "stdout" | "signal">,
  prompt: string,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let line = "";
  let sequence: string | undefined;
  await stdout.write(prompt);
  for await (const chunk of piecesOf(stdin, { signal })) {
    for (const key of decoder.decode(chunk, { stream: true })) {
      if (sequence !== undefined) {
        sequence += key;
        // A sequence ends with a letter or a tilde; the bracket only opens it.
        if (/^(?:[^[O]|[[O][^@-~]*[@-~])$/.test(sequence)) sequence = undefined;
        continue;
      }
      switch (key) {
        case "\r":
        case "\n":
          await stdout.write("\n");
          if (line.trim() !== "") yield line;
          line = "";
          await stdout.write(prompt);
          break;
        case "\u0003":
          await stdout.write(`^C\n${prompt}`);
          line = "";
          break;
        case "\u0004":
          if (line !== "") break;
          await stdout.write("\n");
          return;
        case "\u0015":
          await stdout.write("\b \b".repeat(line.length));
          line = "";
          break;
        case "\b":
        case "\u007f":
          if (line === "") break;
          line = line.slice(0, -1);
          await stdout.write("\b \b");
          break;
        case "\u001b":
          sequence = "";
          break;
        default:
          if (key < " " || line.length >= maxLineLength) break;
          line += key;
          await stdout.write(key);
      }
    }
  }
}
