/** What the files of one folder may import. The first rule whose `folder` is a prefix of a file's path holds for it. */
export interface ImportRule {
  readonly folder: string;
  /** Folders of ours that may be imported, beside the rule's own room. A name ending in `.ts` is one file. */
  readonly rooms: readonly string[];
  /** Packages that may be imported, beside Node's own modules. */
  readonly packages: readonly string[];
}

const base = ["api", "component-base"];
const startable = ["apiserver", "scheduler", "controller", "kubelet-sim"].flatMap((room) => [
  `${room}/component.ts`,
  `${room}/start.ts`,
  `${room}/config.ts`,
]);
const controlPlaneNode = ["kubelet-sim/control-plane-node/start.ts", "kubelet-sim/control-plane-node/config.ts"];
const loop = [...base, "client"];
/** The shapes of what our own paths of the gateway answer. */
const answers = ["apiserver/recorder/trace.ts", "apiserver/etcd-admin/answers.ts"];

/** Who may import whom; see docs/architecture.md for the reasons. Longer paths stand before shorter ones. */
export const importRules: readonly ImportRule[] = [
  { folder: "api/", rooms: [], packages: [] },
  { folder: "component-base/certificates.ts", rooms: ["api"], packages: ["@peculiar/x509", "reflect-metadata"] },
  { folder: "component-base/", rooms: ["api"], packages: ["pino"] },
  { folder: "etcd/", rooms: ["component-base"], packages: [] },
  { folder: "client/", rooms: base, packages: ["undici", "yaml"] },
  { folder: "scheduler/", rooms: loop, packages: [] },
  { folder: "controller/", rooms: loop, packages: [] },
  // WebSockets and shell words: `kubectl exec`.
  { folder: "kubelet-sim/exec/", rooms: [...loop, "kubelet-sim"], packages: ["ws", "shell-quote"] },
  { folder: "kubelet-sim/", rooms: loop, packages: ["yaml"] },
  // The only room that speaks to etcd.
  { folder: "apiserver/storage/etcd3/", rooms: base, packages: ["@grpc/grpc-js", "protobufjs"] },
  { folder: "apiserver/http/", rooms: base, packages: ["fastify", "yaml"] },
  { folder: "apiserver/server.ts", rooms: base, packages: ["fastify"] },
  { folder: "apiserver/auth/", rooms: base, packages: ["jose"] },
  { folder: "apiserver/", rooms: base, packages: [] },
  { folder: "cli/snapshot/", rooms: [...loop, "etcd", "cli", ...answers], packages: ["age-encryption"] },
  {
    folder: "cli/",
    rooms: [...loop, "etcd", "bench/main.ts", ...answers, ...startable, ...controlPlaneNode],
    packages: [],
  },
  { folder: "testing/", rooms: [...loop, "etcd", "cli", ...startable], packages: [] },
];

/** Only these may name a path under `proto/`. */
export const protoReaders: readonly string[] = ["apiserver/storage/etcd3/", "scripts/"];
