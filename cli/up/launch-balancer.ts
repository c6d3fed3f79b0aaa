import { type Balancer, type BalancerDeps, startBalancer } from "./balancer.ts";
import type { Plane } from "./components.ts";
import { type Part, simplePart } from "./part.ts";

/** The balancer in front of several gateways, as a part of the plane. */
export function balancerPart({ config, pki, securePort, gateways }: Plane, deps: BalancerDeps): Part {
  let balancer: Balancer | undefined;
  return simplePart("balancer", {
    async start() {
      const { bindAddress } = config;
      const backends = gateways.map(({ name, port }) => ({ name, port, host: "127.0.0.1" }));
      balancer = await startBalancer({ bindAddress, port: securePort, backends, ca: pki.ca }, deps);
    },
    stop: async () => balancer?.stop(),
  });
}
