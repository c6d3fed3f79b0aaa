/** How the words of an `etcdctl` or `etcdutl` call become those of the real program. */
export interface EtcdCallContext {
  readonly program: "etcdctl" | "etcdutl";
  /** Where the member whose Pod this is serves clients. */
  readonly clientUrl: string;
  /** Where a path of the Pod is on this machine. */
  readonly onMachine: (path: string) => string;
}

export type EtcdCall =
  | {
      readonly kind: "call";
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      /** Whether its output names files. */
      readonly namesFiles: boolean;
    }
  | { readonly kind: "refused"; readonly problem: string };

/** Flags whose value is a file. */
const fileFlags = new Set([
  "--cacert",
  "--cert",
  "--key",
  "--data-dir",
  "--wal-dir",
  "--backup-dir",
  "--backup-wal-dir",
]);
/** Flags whose value has slashes and is no file. */
const urlFlags = new Set(["--endpoints", "--initial-cluster", "--initial-advertise-peer-urls", "--peer-urls"]);

/** What the environment may say, and which flag means the same. All else of it stays outside. */
const variables: Readonly<Record<string, string>> = {
  ETCDCTL_API: "",
  ETCDCTL_CACERT: "--cacert",
  ETCDCTL_CERT: "--cert",
  ETCDCTL_COMMAND_TIMEOUT: "",
  ETCDCTL_DIAL_TIMEOUT: "",
  ETCDCTL_ENDPOINTS: "--endpoints",
  ETCDCTL_KEY: "--key",
  ETCDCTL_WRITE_OUT: "",
};

/** These run programs of the caller's choice on the machine, or reach for files by flags of their own. */
const refusedCommands = new Set(["lock", "make-mirror", "migrate"]);

/**
 * Translates a call: the Pod's paths become this machine's, all of them inside the Pod's folder but for the certificates; the
 * usual address of a member, `127.0.0.1:2379`, becomes the one it has here. What could lead out of the Pod is refused.
 */
export function etcdCall(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  context: EtcdCallContext,
): EtcdCall {
  const refused =
    words.find((word) => refusedCommands.has(word)) ?? (watchRunsProgram(words) ? "watch with a program" : undefined);
  if (refused !== undefined) return { kind: "refused", problem: `${refused} is not available in this Pod` };
  const namesFiles = context.program === "etcdutl" || words.includes("snapshot");
  const args = words.map((word, index) => translated(word, words[index - 1] ?? "", namesFiles, context));
  return { kind: "call", args, env: environment(env, words, context), namesFiles };
}

function watchRunsProgram(words: readonly string[]): boolean {
  if (!words.includes("watch")) return false;
  return words.some((word) => word === "--" || /^--interactive\b/.test(word) || /^-[^-]*i/.test(word));
}

function translated(word: string, before: string, namesFiles: boolean, context: EtcdCallContext): string {
  const [, flag, value] = /^(--[\w-]+)=([\s\S]*)$/.exec(word) ?? [];
  if (flag !== undefined && value !== undefined) return `${flag}=${translatedValue(flag, value, namesFiles, context)}`;
  if (word.startsWith("-")) return word;
  return translatedValue(before.startsWith("--") ? before : "", word, namesFiles, context);
}

function translatedValue(flag: string, value: string, namesFiles: boolean, context: EtcdCallContext): string {
  if (flag === "--endpoints") return endpoints(value, context.clientUrl);
  if (urlFlags.has(flag)) return value;
  if (fileFlags.has(flag)) return value === "" ? value : context.onMachine(value);
  return namesFiles && (value.includes("/") || value === "..") ? context.onMachine(value) : value;
}

/** `127.0.0.1:2379` in all its spellings is the member of this Pod. */
function endpoints(list: string, clientUrl: string): string {
  const own = /^(?:https?:\/\/)?(?:127\.0\.0\.1|localhost|\[::1\]|\[127\.0\.0\.1\]):2379\/?$/;
  return list
    .split(",")
    .map((endpoint) => (own.test(endpoint) ? clientUrl : endpoint))
    .join(",");
}

function environment(
  env: Readonly<Record<string, string>>,
  words: readonly string[],
  context: EtcdCallContext,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, flag] of Object.entries(variables)) {
    const value = env[name];
    if (value !== undefined) result[name] = flag === "" ? value : translatedValue(flag, value, false, context);
  }
  const says = words.some((word) => word === "--endpoints" || word.startsWith("--endpoints="));
  // A variable beside its flag is an error to etcdctl.
  if (!says) result["ETCDCTL_ENDPOINTS"] ??= context.clientUrl;
  return result;
}
