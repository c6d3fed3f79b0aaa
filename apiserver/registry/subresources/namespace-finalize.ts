import type { Namespace } from "../../../api/generated/types.ts";
import { decodeBody } from "../decode-body.ts";
import type { AnyObject, Resource } from "../resource.ts";
import type { SubresourceStore } from "../store.ts";
import { writeExisting } from "../write-existing.ts";

/** `namespaces/finalize`: writes spec.finalizers; removing the last one ends the Namespace. */
export function finalizeStore(namespaces: Resource): SubresourceStore {
  return {
    async update(ctx, name, body, options) {
      const { kind, schema } = namespaces;
      const { fieldValidation } = options;
      const wanted = (await decodeBody(body, { kind, schema, ctx, fieldValidation })) as Namespace;
      const next = (current: Readonly<AnyObject>): AnyObject => {
        const metadata = { ...current.metadata };
        const sent = wanted.metadata?.resourceVersion;
        if (sent) metadata.resourceVersion = sent;
        if (wanted.metadata?.uid) metadata.uid = wanted.metadata.uid;
        const finalizers = wanted.spec?.finalizers ?? [];
        const spec = { ...(current as Readonly<Namespace>).spec };
        if (finalizers.length > 0) spec.finalizers = finalizers;
        else delete spec.finalizers;
        return { ...current, metadata, spec };
      };
      const write = { name, subresource: "finalize", verb: "update" as const, derived: true, next };
      return { kind: "stored", stored: await writeExisting(namespaces, ctx, write, options) };
    },
  };
}
