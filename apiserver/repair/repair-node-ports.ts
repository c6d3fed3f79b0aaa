import type { Service } from "../../api/generated/types.ts";
import { kinds } from "../../api/kinds.ts";
import { referenceTo } from "../../api/object-reference.ts";
import { heldPorts } from "../registry/allocation/held.ts";
import type { WriteContext } from "../storage/storage.ts";
import { type RepairDeps, readServices } from "./repair-deps.ts";
import type { Finding } from "./repair-events.ts";

/** A port that nobody holds may be that of a Service on its way into etcd; found so often in a row, it is not. */
const roundsBeforeRelease = 3;

/**
 * Makes Services and the one object of node ports agree, remembering from round to round which ports nobody held.
 * @see kubernetes v1.36.3 pkg/registry/core/service/portallocator/controller/repair.go
 */
export class NodePortRepair {
  readonly #deps: RepairDeps;
  /** Port → rounds in a row in which nobody held it. */
  #unheld: ReadonlyMap<number, number> = new Map();

  constructor(deps: RepairDeps) {
    this.#deps = deps;
  }

  /** @returns what was found wrong with Services @throws StorageError */
  async round(write: WriteContext): Promise<Finding[]> {
    let findings: Finding[] = [];
    let unheld = new Map<number, number>();
    await this.#deps.ports.correct(async (taken) => {
      // Read after the ports: every Service that held one of them by then is in the list.
      const judged = judge(await readServices(this.#deps, write), taken, this.#deps);
      findings = judged.findings;
      unheld = new Map(judged.unheld.map((port) => [port, (this.#unheld.get(port) ?? 0) + 1]));
      const free = judged.unheld.filter((port) => unheld.get(port) === roundsBeforeRelease);
      return { take: judged.missing, free };
    }, write);
    this.#unheld = unheld;
    return findings;
  }
}

interface Judgement {
  readonly findings: Finding[];
  /** Held by a Service, free by the object. */
  readonly missing: readonly number[];
  /** Taken by the object, held by no Service. */
  readonly unheld: readonly number[];
}

function judge(services: readonly Readonly<Service>[], taken: ReadonlySet<number>, { ports }: RepairDeps): Judgement {
  const findings: Finding[] = [];
  const held = new Set<number>();
  const missing: number[] = [];
  for (const service of services) {
    const find = (reason: string, note: string) =>
      findings.push({ regarding: referenceTo(kinds.services, service), action: "PortAllocation", reason, note });
    for (const port of heldPorts(service.spec)) {
      if (!ports.contains(port)) {
        find("PortOutOfRange", `Port ${port} is not within the port range ${ports.rangeText}; please recreate service`);
      } else if (held.has(port)) {
        find("PortAlreadyAllocated", `Port ${port} was assigned to multiple services; please recreate service`);
      } else if (!taken.has(port)) {
        find("PortNotAllocated", `Port ${port} is not allocated; repairing`);
        missing.push(port);
      }
      held.add(port);
    }
  }
  return { findings, missing, unheld: [...taken].filter((port) => !held.has(port)) };
}
