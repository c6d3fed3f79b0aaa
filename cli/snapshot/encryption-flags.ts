import { listFlag, optionalFlag, switchFlag } from "../../component-base/flags.ts";

const passphraseFile = optionalFlag({
  name: "passphrase-file",
  placeholder: "file",
  help: "the first line of this file is the passphrase; without it, it is asked for",
});

/** Of commands that write snapshots. */
export const encryptFlags = {
  encrypt: switchFlag({ name: "encrypt", default: false, help: "encrypt with a passphrase, in the age format" }),
  encryptTo: listFlag({
    name: "encrypt-to",
    placeholder: "age1…",
    default: [],
    help: "encrypt for these public keys of age-keygen, in the age format",
  }),
  passphraseFile,
};

/** Of commands that read snapshots. */
export const decryptFlags = {
  identity: optionalFlag({
    name: "identity",
    placeholder: "file",
    help: "secret keys of age-keygen, for a snapshot that is encrypted",
  }),
  passphraseFile,
};
