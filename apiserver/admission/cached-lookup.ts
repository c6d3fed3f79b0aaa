import type { ApiObject } from "../../api/meta.ts";
import { type Storage, StorageError, type StoredObject } from "../storage/storage.ts";

export interface AdmissionDeps {
  readonly storage: Storage;
  /** `/registry`. */
  readonly etcdPrefix: string;
}

/** What memory holds; memory may be a moment behind, so look with {@link freshObject} before refusing. */
export function cachedObject<T extends ApiObject>(
  { storage, etcdPrefix }: AdmissionDeps,
  key: string,
): Readonly<T> | undefined {
  return storage.cached.get(`${etcdPrefix}/${key}`)?.object as Readonly<T> | undefined;
}

/** What etcd holds now; undefined: nothing. @throws StorageError when etcd does not answer */
export async function freshObject<T extends ApiObject>(
  { storage, etcdPrefix }: AdmissionDeps,
  key: string,
  signal: AbortSignal,
): Promise<Readonly<T> | undefined> {
  let stored: StoredObject;
  try {
    stored = await storage.get(`${etcdPrefix}/${key}`, { version: { kind: "consistent" }, signal });
  } catch (error) {
    if (error instanceof StorageError && error.code === "NotFound") return undefined;
    throw error;
  }
  return stored.object as Readonly<T>;
}
