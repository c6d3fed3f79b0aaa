import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** Where things are in a data directory. */
export interface DataDir {
  readonly root: string;
  /** The administrator's. */
  readonly kubeconfig: string;
  /** One kubeconfig for each component. */
  readonly components: string;
  readonly pki: string;
  readonly etcdPki: string;
  readonly etcd: string;
  readonly logs: string;
  /** Made when the first is taken. */
  readonly snapshots: string;
  /** Process ids and the facts of the plane that runs now. */
  readonly run: string;
  readonly planeFile: string;
}

export function dataDir(root: string): DataDir {
  const path = resolve(root);
  return {
    root: path,
    kubeconfig: join(path, "kubeconfig"),
    components: join(path, "components"),
    pki: join(path, "pki"),
    etcdPki: join(path, "pki", "etcd"),
    etcd: join(path, "etcd"),
    logs: join(path, "logs"),
    snapshots: join(path, "snapshots"),
    run: join(path, "run"),
    planeFile: join(path, "run", "plane.json"),
  };
}

/** Systems take socket names of about a hundred bytes only. */
const maxSocketName = 100;

/** Where the launcher listens for commands: beside its pid file, or under a name made from that where it is too long. */
export function controlSocket(folder: DataDir): string {
  const beside = join(folder.run, "launcher.sock");
  if (Buffer.byteLength(beside) <= maxSocketName) return beside;
  const digest = createHash("sha256").update(beside).digest("hex").slice(0, 24);
  return join(tmpdir(), `gatehouse-${digest}.sock`);
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The plane that a command means: `--data-dir`, else `GATEHOUSE_DATA_DIR`, else `.gatehouse`. */
export function findDataDir(flag: string | undefined, environment: Environment): DataDir {
  return dataDir(flag || environment["GATEHOUSE_DATA_DIR"] || ".gatehouse");
}

/** The credentials that a command uses: `--kubeconfig`, else the first file of `KUBECONFIG`, else the data directory's. */
export function findKubeconfig(flag: string | undefined, environment: Environment, folder: DataDir): string {
  return flag || environment["KUBECONFIG"]?.split(":").find((file) => file !== "") || folder.kubeconfig;
}
