import { delimiter } from "node:path";
import { type EtcdBinary, findEtcd } from "../../etcd/find.ts";

/**
 * The etcds to test with: the one that a user would get, and those that `GATEHOUSE_TEST_ETCD` names (paths with `:` between
 * them), one for each version.
 */
export async function etcdBinaries(): Promise<readonly EtcdBinary[]> {
  const find = (environment: NodeJS.ProcessEnv) =>
    findEtcd({ environment, say: () => undefined }, { signal: AbortSignal.timeout(60_000) });
  const named = (process.env["GATEHOUSE_TEST_ETCD"] ?? "").split(delimiter).filter((path) => path !== "");
  const found = [await find(process.env)];
  for (const path of named) found.push(await find({ ...process.env, GATEHOUSE_ETCD: path }));
  return [...new Map(found.map((binary) => [binary.version, binary])).values()];
}
