import { isDeepStrictEqual } from "node:util";
import type { Endpoint } from "../../api/generated/types.ts";

/** What packing needs to know of a slice that exists. */
export interface PackedSlice<S> {
  readonly slice: S;
  readonly endpoints: readonly Endpoint[];
}

export interface Packing<S> {
  readonly unchanged: readonly S[];
  readonly update: readonly { readonly slice: S; readonly endpoints: readonly Endpoint[] }[];
  readonly create: readonly (readonly Endpoint[])[];
  readonly remove: readonly S[];
}

/** Endpoints of one Pod are the same endpoint, whatever has become of it. */
const identity = (endpoint: Endpoint) => endpoint.targetRef?.uid ?? endpoint.addresses.join();

/**
 * How the wanted endpoints of one set of ports go into slices of at most `maxPerSlice`, with few writes: endpoints stay
 * where they are; new ones fill slices that change anyway, then other slices with room, then new slices. Slices are not
 * evened out.
 * @see kubernetes v1.36.0 staging/src/k8s.io/endpointslice/reconciler.go (reconcileByPortMapping)
 */
export function packEndpoints<S>(
  existing: readonly PackedSlice<S>[],
  wanted: readonly Endpoint[],
  options: { readonly maxPerSlice: number; readonly mustUpdate: (slice: S) => boolean },
): Packing<S> {
  const { maxPerSlice, mustUpdate } = options;
  const unplaced = new Map(wanted.map((endpoint) => [identity(endpoint), endpoint]));
  const slices = existing.map(({ slice, endpoints }) => {
    const kept = endpoints.flatMap((endpoint) => {
      const current = unplaced.get(identity(endpoint));
      if (current === undefined) return [];
      unplaced.delete(identity(endpoint));
      return [isDeepStrictEqual(current, endpoint) ? endpoint : current];
    });
    const changed = mustUpdate(slice) || !isDeepStrictEqual(kept, endpoints);
    return { slice, endpoints: kept, changed };
  });

  const left = [...unplaced.values()];
  for (const slice of slices) {
    if (slice.changed && slice.endpoints.length > 0) {
      slice.endpoints.push(...left.splice(0, maxPerSlice - slice.endpoints.length));
    }
  }
  // What is left goes into the one slice it fills best, before a new one is made.
  while (left.length > 0) {
    const room = slices
      .filter(
        ({ endpoints }) =>
          endpoints.length < maxPerSlice && endpoints.length + Math.min(left.length, maxPerSlice) <= maxPerSlice,
      )
      .sort((a, b) => b.endpoints.length - a.endpoints.length)[0];
    if (room === undefined) break;
    room.endpoints.push(...left.splice(0, maxPerSlice - room.endpoints.length));
    room.changed = true;
  }
  const create: Endpoint[][] = [];
  while (left.length > 0) create.push(left.splice(0, maxPerSlice));
  return {
    unchanged: slices.filter(({ changed, endpoints }) => !changed && endpoints.length > 0).map(({ slice }) => slice),
    update: slices.filter(({ changed, endpoints }) => changed && endpoints.length > 0),
    create,
    remove: slices.filter(({ endpoints }) => endpoints.length === 0).map(({ slice }) => slice),
  };
}
