import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { type Identity, type Recipient, Stanza } from "age-encryption";

/**
 * age's own cost of a guess: 2^18 rounds, most of a second here. The library has the same in JavaScript, which takes six seconds
 * and lets nothing else run meanwhile.
 */
const standardWork = 18;
/** A file may ask for more, but not for so much that it stops us. */
const highestWork = 22;
const label = "age-encryption.org/v1/scrypt";
const saltBytes = 16;
const tagBytes = 16;
const noNonce = Buffer.alloc(12);

/**
 * Wraps a file's key with a passphrase, as the age format says.
 * @see https://github.com/C2SP/C2SP/blob/age/v1.1.0/age.md#scrypt-recipient-stanza
 */
export function passphraseRecipient(passphrase: string): Recipient {
  return {
    async wrapFileKey(fileKey) {
      const salt = randomBytes(saltBytes);
      const key = await derive(passphrase, salt, standardWork);
      const cipher = createCipheriv("chacha20-poly1305", key, noNonce, { authTagLength: tagBytes });
      const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
      return [new Stanza(["scrypt", salt.toString("base64").replaceAll("=", ""), String(standardWork)], body)];
    },
  };
}

/** The other way round; null when the file has no passphrase, or another one. */
export function passphraseIdentity(passphrase: string): Identity {
  return {
    async unwrapFileKey(stanzas) {
      const [stanza] = stanzas;
      const [kind, encodedSalt = "", encodedWork = ""] = stanza?.args ?? [];
      if (stanza === undefined || kind !== "scrypt") return null;
      const salt = Buffer.from(encodedSalt, "base64");
      const work = Number(/^[1-9]\d?$/.exec(encodedWork)?.[0]);
      if (stanzas.length !== 1 || salt.length !== saltBytes || stanza.body.length !== 2 * tagBytes || !(work > 0)) {
        throw new Error("what its passphrase is to be tried on is malformed");
      }
      if (work > highestWork) throw new Error(`trying its passphrase would take 2^${work} rounds`);
      const key = await derive(passphrase, salt, work);
      const cipher = createDecipheriv("chacha20-poly1305", key, noNonce, { authTagLength: tagBytes });
      cipher.setAuthTag(stanza.body.subarray(tagBytes));
      const fileKey = cipher.update(stanza.body.subarray(0, tagBytes));
      try {
        cipher.final();
      } catch (error) {
        if (error instanceof Error) return null; // another passphrase
        throw error;
      }
      return new Uint8Array(fileKey);
    },
  };
}

function derive(passphrase: string, salt: Buffer, work: number): Promise<Buffer> {
  const options = { N: 2 ** work, r: 8, p: 1, maxmem: 2 ** work * 8 * 128 * 2 };
  return new Promise((resolve, reject) => {
    scrypt(passphrase, Buffer.concat([Buffer.from(label), salt]), 32, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
