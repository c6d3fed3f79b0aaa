import { isObject } from "../../api/json.ts";
import type { Kind } from "../../api/kind.ts";
import { type ApiObject, controllerOf, keyOf } from "../../api/meta.ts";
import { badRequest, failure } from "../../api/status.ts";
import type { Clock } from "../../component-base/clock.ts";
import type { CachedReader } from "../storage/storage.ts";
import type { Recorder } from "./recorder.ts";
import { buildTrace, type Trace } from "./trace.ts";

/** Where the gateway serves traces; RBAC sees it as a non-resource path. */
export const tracePath = "/gatehouse/v1/trace";

/**
 * Answers `GET /gatehouse/v1/trace?object=pods/default/web`: the story of one object and of what owns it.
 * `object` is `plural[.group]/namespace/name`, or `plural[.group]/name` for a cluster-scoped kind
 * (a namespace is passed over there). Singular and short names do as well.
 *
 * @throws StatusError 400 for a malformed object, 404 when the recorder remembers nothing of it
 */
export function serveTrace(
  deps: { recorder: Recorder; cached: CachedReader; kinds: () => readonly Kind[]; etcdPrefix: string; clock: Clock },
  query: URLSearchParams,
): Trace {
  const reference = parseReference(deps.kinds(), query.get("object") ?? "");
  const key = storageKey(deps.etcdPrefix, reference.kind, reference);
  const chain = [key, ...ownerKeys(deps, key)];
  const events = `${deps.etcdPrefix}/events/${reference.namespace === "" ? "default" : reference.namespace}/${reference.name}.`;
  const wallNow = deps.clock.now();
  const monotonicNow = deps.clock.monotonicMs();
  const trace = buildTrace(deps.recorder, {
    chain,
    about: (other) =>
      other.startsWith(events) && !other.slice(events.length).includes(".") && mayRegard(reference.kind, other),
    wallMs: (atMs) => wallNow - (monotonicNow - atMs),
  });
  if (trace === undefined) {
    const { kind, namespace, name } = reference;
    const object = [kind.plural, namespace, name].filter((part) => part !== "").join("/");
    const message = `the recorder remembers nothing of ${object}: it has a bounded memory of this gateway's writes`;
    throw failure({ code: 404, reason: "NotFound", message });
  }
  return trace;

  /** Objects of several kinds may have one name; an Event that memory no longer holds gets the benefit of the doubt. */
  function mayRegard(kind: Kind, eventKey: string): boolean {
    const event: Readonly<ApiObject & { involvedObject?: unknown }> | undefined = deps.cached.get(eventKey)?.object;
    const regarded = event?.involvedObject;
    return !isObject(regarded) || regarded["kind"] === kind.kind;
  }
}

interface Reference {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

function parseReference(kinds: readonly Kind[], text: string): Reference {
  const [resource = "", ...rest] = text.split("/");
  const kind = kinds.find((candidate) => namesOf(candidate).includes(resource.toLowerCase()));
  if (kind === undefined || kind.storage === null)
    throw badRequest(`object: no kind is called ${JSON.stringify(resource)}`);
  const name = rest.at(-1) ?? "";
  const namespace = rest.length === 2 ? (rest[0] ?? "") : "";
  const namespaced = kind.scope === "Namespaced";
  if (name === "" || rest.length > 2 || (namespaced && namespace === "")) {
    throw badRequest(`object: must be ${namespaced ? `${kind.plural}/NAMESPACE/NAME` : `${kind.plural}/NAME`}`);
  }
  return { kind, namespace: namespaced ? namespace : "", name };
}

function namesOf(kind: Kind): string[] {
  const names = [kind.plural, kind.singular, ...kind.shortNames];
  return kind.group === "" ? names : [...names, ...names.map((name) => `${name}.${kind.group}`)];
}

function storageKey(etcdPrefix: string, kind: Kind, key: { namespace: string; name: string }): string {
  const scope = kind.scope === "Namespaced" ? `${key.namespace}/` : "";
  return `${etcdPrefix}/${kind.storage?.prefix ?? kind.plural}/${scope}${key.name}`;
}

/** The keys of the controlling owners, upwards, as far as memory holds them; cycles end it. */
function ownerKeys(
  deps: { cached: CachedReader; kinds: () => readonly Kind[]; etcdPrefix: string },
  key: string,
): string[] {
  const keys: string[] = [];
  let object: Readonly<ApiObject> | undefined = deps.cached.get(key)?.object;
  while (object !== undefined) {
    const owner = controllerOf(object);
    const kind = deps.kinds().find((row) => row.kind === owner?.kind && row.apiVersion === owner.apiVersion);
    if (owner === undefined || kind === undefined) break;
    const ownerKey = storageKey(deps.etcdPrefix, kind, { namespace: keyOf(object).namespace, name: owner.name });
    if (keys.includes(ownerKey)) break;
    keys.push(ownerKey);
    object = deps.cached.get(ownerKey)?.object;
  }
  return keys;
}
