import { posix } from "node:path";
import { FileProblem, type ProgramCall } from "./program.ts";

const blockBytes = 512;

/**
 * `tar cf - FILE…`: what `kubectl cp POD:FILE …` runs. Single files only, and no other way of calling it.
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html (ustar Interchange Format)
 */
export async function tar(call: ProgramCall): Promise<number> {
  const [, mode, archive, ...names] = call.argv;
  if ((mode !== "cf" && mode !== "-cf") || archive !== "-" || names.length === 0) {
    await call.stderr.write("tar: this simulated container can only pack files: tar cf - FILE\n");
    return 2;
  }
  let code = 0;
  for (const name of names) {
    try {
      await pack(call, posix.resolve("/", name));
    } catch (error) {
      if (!(error instanceof FileProblem)) throw error;
      await call.stderr.write(`tar: ${name}: ${error.message}\n`);
      code = 2;
    }
  }
  await call.stdout.write(Buffer.alloc(2 * blockBytes));
  return code;
}

async function pack({ container, stdout, clock }: ProgramCall, path: string): Promise<void> {
  const { files } = container;
  const sizeBytes = await files.size(path);
  const header = tarHeader(path.slice(1), sizeBytes, Math.floor(clock.now() / 1000));
  if (header === undefined) throw new FileProblem("File name too long");
  await stdout.write(header);
  let leftBytes = sizeBytes;
  const content = files.read(path);
  // A file that grows meanwhile is packed as long as it was.
  for await (const chunk of content instanceof Promise ? [await content] : content) {
    await stdout.write(chunk.subarray(0, leftBytes));
    leftBytes -= Math.min(leftBytes, chunk.length);
  }
  await stdout.write(Buffer.alloc(leftBytes + ((blockBytes - (sizeBytes % blockBytes)) % blockBytes)));
}

/** undefined: the name does not fit. */
function tarHeader(name: string, sizeBytes: number, modifiedSeconds: number): Buffer | undefined {
  if (Buffer.byteLength(name) > 100) return undefined;
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  const fields: readonly (readonly [text: string, at: number])[] = [
    [name, 0],
    [octal(0o600, 7), 100],
    [octal(0, 7), 108],
    [octal(0, 7), 116],
    [octal(sizeBytes, 11), 124],
    [octal(modifiedSeconds, 11), 136],
    // The checksum counts itself as blanks.
    ["        0", 148],
    ["ustar\u000000root", 257],
    ["root", 297],
  ];
  for (const [text, at] of fields) header.write(text, at, "utf8");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}
