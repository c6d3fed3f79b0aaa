import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { UserError } from "../user-error.ts";

/**
 * Asks at the terminal without showing what is typed. Undefined when there is none.
 *
 * @param options.twice - ask again, for a passphrase that nobody could correct later
 * @throws UserError when the two differ, or nothing is typed
 */
export async function askPassphrase(what: string, options: { readonly twice: boolean }): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const passphrase = await ask(`${what}: `);
  if (passphrase === "") throw new UserError("no passphrase was given");
  if (options.twice && (await ask("once more: ")) !== passphrase) throw new UserError("the two passphrases differ");
  return passphrase;
}

async function ask(prompt: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  const interrupted = new Promise<never>((_, reject) => {
    terminal.once("SIGINT", () => reject(new UserError("interrupted")));
  });
  process.stderr.write(prompt);
  try {
    return await Promise.race([terminal.question(""), interrupted]);
  } finally {
    process.stderr.write("\n");
    terminal.close();
  }
}
