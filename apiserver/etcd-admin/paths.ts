/** Where the gateway serves what operators ask of etcd; RBAC sees these as non-resource paths. */
export const etcdAdminPath = "/gatehouse/v1/etcd";

/** What takes as long as the database is big: such requests have no deadline of their own. */
export const longEtcdPaths: ReadonlySet<string> = new Set([
  `${etcdAdminPath}/defrag`,
  `${etcdAdminPath}/snapshot`,
  `${etcdAdminPath}/known`,
]);
