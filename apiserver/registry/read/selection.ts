import type { RequestContext } from "../../http/request-context.ts";
import type { Predicate } from "../../storage/storage.ts";
import { listPrefix, objectNamespace, type Resource, storageKey } from "../resource.ts";
import type { ReadParameters } from "../store.ts";
import { parseFieldSelector } from "./field-selector.ts";
import { parseLabelSelector } from "./label-selector.ts";

/** What a list or watch is about. */
export interface Selection {
  /** Prefix ending in `/`. */
  readonly prefix: string;
  /** The whole key where only one object can be meant. */
  readonly key: string | undefined;
  /** Absent: everything below the prefix. On the stored form. */
  readonly predicate?: Predicate;
}

/** @throws StatusError 400 for selectors that cannot be read */
export function selectionOf(resource: Resource, ctx: RequestContext, read: ReadParameters): Selection {
  const namespace = objectNamespace(resource, ctx);
  const prefix = listPrefix(resource, namespace);
  if (read.labelSelector === "" && read.fieldSelector === "") return { prefix, key: undefined };
  const predicates: Predicate[] = [];
  let key: string | undefined;
  if (read.labelSelector !== "") {
    const labels = parseLabelSelector(read.labelSelector);
    predicates.push((object) => labels(object.metadata?.labels));
  }
  if (read.fieldSelector !== "") {
    const fields = parseFieldSelector(read.fieldSelector, resource.kind);
    predicates.push(fields.matches);
    const within = namespace === "" ? (fields.namespace ?? "") : namespace;
    if (fields.name && (resource.kind.scope === "Cluster" || within !== ""))
      key = storageKey(resource, within, fields.name);
  }
  const [first] = predicates;
  const all: Predicate | undefined =
    predicates.length < 2 ? first : (object) => predicates.every((matches) => matches(object));
  const predicate = resource.view.predicate(all);
  return { prefix, key, ...(predicate !== undefined && { predicate }) };
}
