import type { Container, Pod } from "./generated/types.ts";
import { quantityMilliValue, quantityValue } from "./quantity.ts";

/** Amounts by resource name: cpu in thousandths of a core, everything else in whole units (bytes, pieces). */
export type ResourceAmounts = ReadonlyMap<string, number>;

/** What a container without a request counts as when nodes are scored: cpu in thousandths, memory in bytes. */
const assumedRequests: ReadonlyMap<string, number> = new Map([
  ["cpu", 100],
  ["memory", 200 * 1024 * 1024],
]);

/** Reads a resource list as it is on the wire, rounding fractions up. @throws QuantityError */
export function resourceAmounts(list: Readonly<Record<string, string>> | undefined): Map<string, number> {
  const amounts = new Map<string, number>();
  if (list === undefined) return amounts;
  for (const name of Object.keys(list)) {
    const text = list[name] ?? "0";
    amounts.set(name, name === "cpu" ? quantityMilliValue(text) : quantityValue(text));
  }
  return amounts;
}

/**
 * What a Pod occupies on its node: the larger of what runs together and what the init containers need one by one, plus
 * overhead; requests of the Pod itself stand above its containers'.
 *
 * @param options.assumeMissing - count containers that request no cpu or memory as if they asked for a little
 * @see k8s.io/component-helpers v0.36.0 resource/helpers.go
 */
export function podRequests(pod: Readonly<Pod>, options: { readonly assumeMissing: boolean }): Map<string, number> {
  const requestsOf = (container: Container) => {
    const requests = resourceAmounts(container.resources?.requests);
    if (options.assumeMissing) {
      for (const [name, amount] of assumedRequests) if (!requests.has(name)) requests.set(name, amount);
    }
    return requests;
  };
  const together = new Map<string, number>();
  for (const container of pod.spec?.containers ?? []) addTo(together, requestsOf(container));
  const sidecars = new Map<string, number>();
  const initPeak = new Map<string, number>();
  for (const container of pod.spec?.initContainers ?? []) {
    const requests = requestsOf(container);
    if (container.restartPolicy === "Always") {
      addTo(sidecars, requests);
      raiseTo(initPeak, sidecars);
    } else {
      addTo(requests, sidecars);
      raiseTo(initPeak, requests);
    }
  }
  addTo(together, sidecars);
  raiseTo(together, initPeak);
  for (const [name, amount] of resourceAmounts(pod.spec?.resources?.requests)) together.set(name, amount);
  addTo(together, resourceAmounts(pod.spec?.overhead));
  return together;
}

function addTo(total: Map<string, number>, more: ResourceAmounts): void {
  for (const [name, amount] of more) total.set(name, (total.get(name) ?? 0) + amount);
}

function raiseTo(total: Map<string, number>, other: ResourceAmounts): void {
  for (const [name, amount] of other) if (amount > (total.get(name) ?? 0)) total.set(name, amount);
}
