import { randomBytes, randomUUID } from "node:crypto";

/** Where names and uids come from; tests give a predictable one. */
export interface Random {
  /** A version 4 UUID. */
  uuid(): string;
  /** `length` characters of {@link suffixAlphabet}. */
  suffix(length: number): string;
}

/** No vowels and no look-alikes, so that no words arise. @see k8s.io/apimachinery v0.36.0 pkg/util/rand/rand.go */
export const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";

/** The operating system's randomness. */
export const systemRandom: Random = {
  uuid: () => randomUUID(),
  suffix(length) {
    let text = "";
    for (const byte of randomBytes(length)) text += suffixAlphabet[byte % suffixAlphabet.length];
    return text;
  },
};
