import { invalidValue } from "../../../api/field-errors.ts";
import type { Deployment, ReplicaSet } from "../../../api/generated/types.ts";
import { cloneJson, type JsonObject } from "../../../api/json.ts";
import { defineKind } from "../../../api/kind.ts";
import type { ApiObject } from "../../../api/meta.ts";
import { conflict, invalid } from "../../../api/status.ts";
import type { RequestContext } from "../../http/request-context.ts";
import type { StoredObject } from "../../storage/storage.ts";
import { checkBodyName } from "../check-body-name.ts";
import { decodeBody } from "../decode-body.ts";
import { applierOf, type PatchRequest } from "../patch/patch.ts";
import { get } from "../read/get.ts";
import type { AnyObject, Resource } from "../resource.ts";
import type { SubresourceAnswer, SubresourceStore, WriteOptions } from "../store.ts";
import { writeExisting } from "../write-existing.ts";
import { selectorText } from "./selector-text.ts";
import { readOf } from "./whole-object.ts";

interface Scale extends ApiObject {
  spec?: { replicas?: number };
  status?: { replicas: number; selector?: string };
}

const scaleKind = defineKind<Scale>({
  group: "autoscaling",
  version: "v1",
  kind: "Scale",
  plural: "scales",
  scope: "Namespaced",
  schema: "io.k8s.api.autoscaling.v1.Scale",
  storage: null,
});

/** `…/scale`: spec.replicas of the object through an autoscaling/v1 Scale. */
export function scaleStore(resource: Resource): SubresourceStore {
  return {
    async get(ctx, name, query) {
      return answer(await get(resource, ctx, name, readOf(query)));
    },
    async update(ctx, name, body, options) {
      const { schema } = resource;
      const wanted = await decodeBody(body, { kind: scaleKind, schema, ctx, fieldValidation: options.fieldValidation });
      checkBodyName(wanted, name);
      return answer(await writeReplicas(resource, ctx, { name, options, scaleOf: () => wanted as Scale }));
    },
    async patch(ctx, name, request, options) {
      const scaleOf = patcher(resource, request);
      return answer(await writeReplicas(resource, ctx, { name, options, scaleOf }));
    },
  };
}

function patcher(resource: Resource, request: PatchRequest): (current: Scale) => Scale {
  const { apply } = applierOf({ kind: scaleKind, schemaModel: resource.schemaModel }, request);
  return (current) => apply(cloneJson(current) as JsonObject) as Scale;
}

interface ReplicasWrite {
  readonly name: string;
  readonly options: WriteOptions;
  scaleOf(current: Scale): Scale;
}

function writeReplicas(resource: Resource, ctx: RequestContext, write: ReplicasWrite): Promise<StoredObject> {
  const { name, options } = write;
  const next = (current: Readonly<AnyObject>): AnyObject => {
    const scale = write.scaleOf(scaleFrom(current));
    const { uid, resourceVersion } = scale.metadata ?? {};
    if (uid && uid !== current.metadata?.uid) {
      throw conflict(
        resource.ref,
        name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata?.uid}`,
      );
    }
    const replicas = scale.spec?.replicas ?? 0;
    if (!Number.isInteger(replicas) || replicas < 0) {
      throw invalid({ group: "autoscaling", kind: "Scale" }, name, [
        invalidValue("spec.replicas", replicas, "must be greater than or equal to 0"),
      ]);
    }
    const object = cloneJson(current) as AnyObject;
    object["spec"] = { ...(object["spec"] as JsonObject), replicas };
    object.metadata = { ...object.metadata };
    if (resourceVersion) object.metadata.resourceVersion = resourceVersion;
    return object;
  };
  return writeExisting(resource, ctx, { name, subresource: "scale", verb: "update", derived: true, next }, options);
}

const answer = (stored: StoredObject): SubresourceAnswer => ({ kind: "object", object: scaleFrom(stored.object) });

function scaleFrom(object: Readonly<ApiObject>): Scale {
  const { metadata, spec, status } = object as Readonly<Deployment & ReplicaSet>;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata ?? {};
  const replicas = spec?.replicas ?? 0;
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: {
      ...(name !== undefined && { name }),
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(creationTimestamp !== undefined && { creationTimestamp: String(creationTimestamp) }),
    },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: status?.replicas ?? 0, selector: selectorText(spec?.selector) },
  };
}
