import { randomBytes } from "node:crypto";
import { StatusError } from "../../api/status.ts";
import { createRestClient } from "../../client/create-rest-client.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import type { RestClient } from "../../client/rest-client.ts";
import type { Clock } from "../../component-base/clock.ts";
import { silentLogger } from "../../component-base/logger.ts";

export interface FillOptions {
  readonly kubeconfig: string;
  readonly say: (line: string) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const namespace = "gatehouse-fill";
const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
/** Of one object: just below what etcd takes in one request together with its metadata. */
const objectBytes = 1_000_000;
const writers = 4;
/** An etcd that takes more than this has another quota than it was told to have. */
const maxObjects = 8_192;

/** Writes objects until etcd says that it has no space left. */
export async function fill(options: FillOptions): Promise<void> {
  const { say, signal } = options;
  await withClient(options, async (client) => {
    await ensureNamespace(client, signal);
    let written = 0;
    let refusal: StatusError | undefined;
    const write = async () => {
      while (refusal === undefined && written < maxObjects) {
        // Letters, so that it is as long in JSON; random, so that it is as long on any disk.
        const text = randomBytes((objectBytes * 3) / 4).toString("base64");
        const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "fill-" }, data: { text } };
        try {
          await client.raw("POST", configMaps, { body, signal });
        } catch (error) {
          if (!(error instanceof StatusError) || !isNoSpace(error)) throw error;
          refusal = error;
          return;
        }
        written++;
        if (written % 100 === 0) say(`${written} MB written`);
      }
    };
    await Promise.all(Array.from({ length: writers }, write));
    if (refusal === undefined) {
      say(`${written} MB written, and etcd still has space: a smaller quota is \`up --etcd-quota 16MiB\``);
      return;
    }
    say(`after ${written} MB writes are refused: ${refusal.status.code} ${refusal.status.message ?? ""}`);
    say(`reads go on. To go on writing: ${remedy("gatehouse fault fill --clean, ")}`);
  });
}

/** Removes what {@link fill} wrote. Without space etcd still deletes. @returns how many objects there were */
export async function cleanUp(options: FillOptions): Promise<number> {
  return withClient(options, async (client) => {
    const { signal, say } = options;
    const names = await namesOfFill(client, signal);
    for (const name of names) await client.raw("DELETE", `${configMaps}/${name}`, { signal });
    if (names.length > 0) say(`${names.length} ConfigMaps of ${namespace} are deleted; now ${remedy("")}`);
    return names.length;
  });
}

function remedy(first: string): string {
  return `${first}gatehouse etcd compact, gatehouse etcd defrag, gatehouse etcd alarm disarm`;
}

async function withClient<T>(options: FillOptions, work: (client: RestClient) => Promise<T>): Promise<T> {
  const { clock } = options;
  const config = { ...loadKubeconfig(options.kubeconfig), userAgent: "gatehouse-fault" };
  const client = createRestClient(config, { clock, log: silentLogger });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

async function ensureNamespace(client: RestClient, signal: AbortSignal): Promise<void> {
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
  try {
    await client.raw("POST", "/api/v1/namespaces", { body, signal });
  } catch (error) {
    if (!(error instanceof StatusError) || error.status.reason !== "AlreadyExists") throw error;
  }
}

/** From the gateway's cache, whatever etcd's state. */
async function namesOfFill(client: RestClient, signal: AbortSignal): Promise<string[]> {
  const list = (await client.raw("GET", `${configMaps}?resourceVersion=0`, { signal })) as {
    readonly items: readonly { readonly metadata: { readonly name: string } }[];
  };
  return list.items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith("fill-"));
}

/** As the gateway passes on etcd's refusal. */
function isNoSpace(error: StatusError): boolean {
  return error.status.reason === "InsufficientStorage";
}
