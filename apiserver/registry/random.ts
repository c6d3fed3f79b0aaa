import { randomBytes, randomUUID } from "node:crypto";
import { safeCharacters } from "../../api/safe-characters.ts";

/** Where names and uids come from; tests give a predictable one. */
export interface Random {
  /** A version 4 UUID. */
  uuid(): string;
  /** `length` characters of {@link safeCharacters}. */
  suffix(length: number): string;
}

/** The operating system's randomness. */
export const systemRandom: Random = {
  uuid: () => randomUUID(),
  suffix(length) {
    let text = "";
    for (const byte of randomBytes(length)) text += safeCharacters[byte % safeCharacters.length];
    return text;
  },
};
