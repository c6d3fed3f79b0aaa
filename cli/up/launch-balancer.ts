import { type Balancer, type BalancerDeps, startBalancer } from "./balancer.ts";
import type { Plane } from "./components.ts";

/** The balancer in front of several gateways, as a part of the plane. */
export class BalancerPart {
  readonly name = "balancer";
  readonly #plane: Plane;
  readonly #deps: BalancerDeps;
  #balancer: Balancer | undefined;

  constructor(plane: Plane, deps: BalancerDeps) {
    this.#plane = plane;
    this.#deps = deps;
  }

  preload(): void {
    // It is loaded with the launcher.
  }

  async start(): Promise<void> {
    const { config, pki, securePort, gateways } = this.#plane;
    const { bindAddress } = config;
    const backends = gateways.map(({ name, port }) => ({ name, port, host: "127.0.0.1" }));
    this.#balancer = await startBalancer({ bindAddress, port: securePort, backends, ca: pki.ca }, this.#deps);
  }

  async stop(): Promise<void> {
    await this.#balancer?.stop();
  }
}
