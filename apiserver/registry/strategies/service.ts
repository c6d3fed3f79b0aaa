import { invalidValue } from "../../../api/field-errors.ts";
import type { Service, ServiceSpec } from "../../../api/generated/types.ts";
import { failure, invalid } from "../../../api/status.ts";
import type { RequestContext } from "../../http/request-context.ts";
import type { WriteContext } from "../../storage/storage.ts";
import { AllocationError, type AllocatorDeps, ClusterIps } from "../allocation/cluster-ips.ts";
import { heldIps, heldPorts } from "../allocation/held.ts";
import { NodePorts, type PortRange, PortTaken, portTakenText } from "../allocation/node-ports.ts";
import { isIpv4 } from "../meta/ip-checks.ts";
import { writeContext } from "../resource.ts";
import type { Reservation, Strategy, StrategyContext } from "../strategy.ts";
import { serviceWarnings } from "../warnings/service-warnings.ts";
import { settleFamilies } from "./service-families.ts";
import { keepAllocated, needsClusterIp, needsHealthCheck, needsNodePorts } from "./service-fields.ts";
import { serviceErrors, serviceUpdateErrors } from "./service-validation.ts";

export interface ServiceDeps extends AllocatorDeps {
  readonly serviceClusterIpRange: string;
  readonly serviceNodePortRange: PortRange;
}

const refOf = { group: "", kind: "Service" };
const healthField = "spec.healthCheckNodePort";

interface WantedPort {
  readonly number: number;
  readonly field: string;
}

/** @see k8s.io/kubernetes v1.36.0 pkg/registry/core/service/strategy.go, storage/alloc.go */
export function serviceStrategy(deps: ServiceDeps): Strategy<Service> {
  const ips = new ClusterIps(deps.serviceClusterIpRange, deps);
  const ports = new NodePorts(deps.serviceNodePortRange, deps);
  return {
    prepareForCreate(service) {
      service.status = { loadBalancer: {} };
      settle(service, undefined);
    },
    prepareForUpdate(service, old) {
      keepAllocated(service, old);
      settle(service, old);
    },
    validate: (service, { updating }) => (updating ? [] : serviceErrors(service)),
    validateUpdate: (service, old) => serviceUpdateErrors(service, old),
    warnings: serviceWarnings,
    validateStatusUpdate: ({ spec, status }) =>
      spec?.type !== "LoadBalancer" && (status?.loadBalancer?.ingress ?? []).length > 0
        ? [
            {
              type: "FieldValueForbidden",
              field: "status.loadBalancer.ingress",
              detail: "may only be used when `spec.type` is 'LoadBalancer'",
            },
          ]
        : [],
    reserve: (service, old, context) => new ServiceReservation(service, old, { ips, ports, context }).take(),
    async afterDelete({ spec }, { ctx }) {
      const write = givingBack(ctx);
      if (spec === undefined) return;
      for (const ip of heldIps(spec)) await ips.release(ip, write);
      await ports.release(heldPorts(spec), write);
    },
  };
}

/** What every write begins with. */
function settle(service: Service, old: Readonly<Service> | undefined): void {
  if (service.spec !== undefined && !needsClusterIp(service.spec)) delete service.spec.internalTrafficPolicy;
  const errors = settleFamilies(service, old);
  if (errors.length > 0) throw invalid(refOf, service.metadata?.name ?? "", errors);
}

interface Pools {
  readonly ips: ClusterIps;
  readonly ports: NodePorts;
  readonly context: StrategyContext;
}

/** What one write takes for a Service beyond what it holds, and what it lets go. */
class ServiceReservation implements Reservation {
  readonly #service: Service;
  readonly #old: Readonly<Service> | undefined;
  readonly #pools: Pools;
  readonly #takenIps: string[] = [];
  readonly #takenPorts: number[] = [];

  constructor(service: Service, old: Readonly<Service> | undefined, pools: Pools) {
    this.#service = service;
    this.#old = old;
    this.#pools = pools;
  }

  async take(): Promise<Reservation> {
    try {
      await this.#takeIp();
      await this.#takePorts();
    } catch (error) {
      await this.release();
      throw error;
    }
    return this;
  }

  async commit(): Promise<void> {
    const { ips, ports } = this.#pools;
    const held = new Set(heldIps(this.#service.spec));
    const heldNow = new Set(heldPorts(this.#service.spec));
    for (const ip of heldIps(this.#old?.spec)) if (!held.has(ip)) await ips.release(ip, this.#back);
    await ports.release(
      heldPorts(this.#old?.spec).filter((port) => !heldNow.has(port)),
      this.#back,
    );
  }

  async release(): Promise<void> {
    const { ips, ports, context } = this.#pools;
    if (context.dryRun) return;
    for (const ip of this.#takenIps.splice(0)) await ips.releaseUnused(ip, this.#key, this.#back);
    await ports.release(this.#takenPorts.splice(0), this.#back);
  }

  get #key() {
    const { namespace = "", name = "" } = this.#service.metadata ?? {};
    return { namespace, name };
  }

  get #back() {
    return givingBack(this.#pools.context.ctx);
  }

  get #write() {
    return writeContext(this.#pools.context.ctx);
  }

  get #options() {
    return { write: this.#write, dryRun: this.#pools.context.dryRun };
  }

  async #takeIp(): Promise<void> {
    const { spec } = this.#service;
    if (spec === undefined || !needsClusterIp(spec)) return;
    const wanted = spec.clusterIP ?? spec.clusterIPs?.[0] ?? "";
    if (wanted === "None" || heldIps(this.#old?.spec).includes(wanted)) return;
    if (wanted !== "" && !isIpv4(wanted)) return;
    const service = this.#key;
    const { ips } = this.#pools;
    try {
      if (wanted === "") {
        const ip = await ips.next(service, this.#options);
        spec.clusterIP = ip;
        spec.clusterIPs = [ip];
        this.#takenIps.push(ip);
        return;
      }
      await ips.take(wanted, service, this.#options);
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
      if (wanted === "") throw exhausted("failed to allocate a serviceIP", error);
      throw invalid(refOf, service.name, [
        invalidValue(
          "spec.clusterIPs",
          spec.clusterIPs ?? [wanted],
          `failed to allocate IP ${wanted}: ${error.message}`,
        ),
      ]);
    }
    this.#takenIps.push(wanted);
  }

  async #takePorts(): Promise<void> {
    const { spec } = this.#service;
    if (spec === undefined || !needsNodePorts(spec)) return;
    const { ports } = this.#pools;
    const held = new Set(heldPorts(this.#old?.spec));
    const { wanted, missing } = this.#wantedPorts(spec, held);
    const health = this.#wantedHealthPort(spec, held);
    if (typeof health === "number") wanted.push({ number: health, field: healthField });
    for (const [index, { number, field }] of wanted.entries()) {
      if (!ports.contains(number)) throw this.#refuse(field, number, ports.outOfRangeText);
      if (wanted.findIndex((other) => other.number === number) < index) {
        throw this.#refuse(field, number, portTakenText);
      }
    }
    const count = missing.length + (health === "any" ? 1 : 0);
    if (wanted.length === 0 && count === 0) return;
    const numbers = wanted.map(({ number }) => number);
    try {
      const chosen = await ports.take({ wanted: numbers, count }, this.#options);
      this.#takenPorts.push(...numbers, ...chosen);
      for (const port of spec.ports ?? []) {
        const nodePort = port.nodePort || chosen[missing.indexOf(port.port)];
        if (nodePort !== undefined) port.nodePort = nodePort;
      }
      const last = chosen[missing.length];
      if (health === "any" && last !== undefined) spec.healthCheckNodePort = last;
    } catch (error) {
      if (error instanceof PortTaken) {
        const field = wanted.find(({ number }) => number === error.port)?.field ?? "";
        throw this.#refuse(field, error.port, error.message);
      }
      if (error instanceof AllocationError) throw exhausted("failed to allocate a nodePort", error);
      throw error;
    }
  }

  /** Those asked for by number, protocols of one port sharing theirs, and the ports that need any. */
  #wantedPorts(spec: Readonly<ServiceSpec>, held: ReadonlySet<number>): { wanted: WantedPort[]; missing: number[] } {
    const allocates = spec.type !== "LoadBalancer" || spec.allocateLoadBalancerNodePorts !== false;
    const given = spec.ports ?? [];
    const asked = given.flatMap(({ port, nodePort = 0 }, index) =>
      nodePort === 0 || held.has(nodePort) ? [] : [{ number: nodePort, port, field: `spec.ports[${index}].nodePort` }],
    );
    const wanted = asked.filter(({ number, port }, index) => {
      const shared = asked.findIndex(
        (other) => other.number === number && (this.#old !== undefined || other.port === port),
      );
      return shared === index;
    });
    return { wanted, missing: allocates ? missingPorts(spec) : [] };
  }

  #wantedHealthPort(spec: Readonly<ServiceSpec>, held: ReadonlySet<number>): number | "any" | undefined {
    if (!needsHealthCheck(spec)) return undefined;
    const { healthCheckNodePort = 0 } = spec;
    if (healthCheckNodePort === 0) return "any";
    return held.has(healthCheckNodePort) ? undefined : healthCheckNodePort;
  }

  #refuse(field: string, port: number, text: string) {
    return invalid(refOf, this.#key.name, [invalidValue(field, port, text)]);
  }
}

/** What was taken is given back even when the client has gone; storage has its own deadline. */
const givingBack = (ctx: RequestContext): WriteContext => ({
  ...writeContext(ctx),
  signal: new AbortController().signal,
});

/** Port numbers that need a node port; protocols of one number share it. */
const missingPorts = (spec: ServiceSpec): number[] => [
  ...new Set((spec.ports ?? []).filter(({ nodePort }) => !nodePort).map(({ port }) => port)),
];

const exhausted = (text: string, cause: AllocationError) =>
  failure({ code: 503, reason: "ServiceUnavailable", message: `${text}: ${cause.message}`, cause });
