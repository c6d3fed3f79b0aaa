import { realClock } from "../../component-base/clock.ts";
import { withGateway } from "../etcd/gateway.ts";
import { UsageError, UserError } from "../user-error.ts";
import { type Encryption, encryptStream } from "./encryption.ts";
import { humanBytes } from "./human-bytes.ts";
import { Progress } from "./progress.ts";
import { saveSnapshot } from "./save-snapshot.ts";

/** `gatehouse snapshot save FILE` */
export async function save(options: {
  readonly kubeconfig: string;
  readonly args: readonly string[];
  readonly member: string | undefined;
  readonly encryption: Encryption | undefined;
  readonly output: "table" | "json";
}): Promise<number> {
  const { args, member, encryption } = options;
  const [file] = args;
  if (file === undefined || args.length > 1) throw new UsageError("snapshot save takes the name of one file");
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => interrupted.abort(new UserError("interrupted: nothing was saved")));
  }
  const progress = new Progress(process.stderr, realClock);
  const saving = {
    file,
    signal: interrupted.signal,
    onProgress: (done: number, total: number) => progress.update(done, total),
    warn: (text: string) => console.error(`gatehouse: ${text}`),
    ...(member !== undefined && { member }),
    ...(encryption !== undefined && { seal: (plain: AsyncIterable<Uint8Array>) => encryptStream(plain, encryption) }),
  };
  try {
    const saved = await withGateway(options.kubeconfig, (gateway) =>
      saveSnapshot(gateway, saving, { clock: realClock }),
    );
    progress.end();
    if (options.output === "json") {
      console.log(JSON.stringify({ file, ...saved, encrypted: encryption !== undefined }));
      return 0;
    }
    const seconds = (saved.durationMs / 1000).toFixed(1);
    const sealed = encryption === undefined ? "" : ", encrypted,";
    console.log(
      `saved ${file}: ${humanBytes(saved.sizeBytes)}${sealed} at revision ${saved.revision}, in ${seconds} s`,
    );
    return 0;
  } finally {
    progress.end();
  }
}
