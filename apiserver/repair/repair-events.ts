import { hostname } from "node:os";
import type { ObjectReference } from "../../api/generated/types.ts";
import { type Clock, microTimestamp } from "../../component-base/clock.ts";
import type { Logger } from "../../component-base/logger.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { Random } from "../registry/random.ts";
import type { Registry } from "../registry/store.ts";

/** Something that a repair has found, for whoever runs `kubectl get events`. */
export interface Finding {
  readonly regarding: ObjectReference;
  /** What was being done: `ClusterIPAllocation`. */
  readonly action: string;
  readonly reason: string;
  /** A sentence. */
  readonly note: string;
}

export interface RepairEventsDeps {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: Random;
  readonly context: (namespace: string) => RequestContext;
}

/** Events of one repairer. What is found round after round is told once, and again after a round without it. */
export class RepairEvents {
  readonly #controller: string;
  readonly #deps: RepairEventsDeps;
  #lastRound: ReadonlySet<string> = new Set();

  constructor(controller: string, deps: RepairEventsDeps) {
    this.#controller = controller;
    this.#deps = deps;
  }

  /** Takes all findings of one round. Events are best effort: one that cannot be written is in the log all the same. */
  async report(findings: readonly Finding[]): Promise<void> {
    const told = this.#lastRound;
    const keyed = new Map(
      findings.map((finding) => [`${finding.regarding.uid} ${finding.reason} ${finding.note}`, finding]),
    );
    this.#lastRound = new Set(keyed.keys());
    for (const [key, finding] of keyed) {
      if (told.has(key)) continue;
      this.#deps.log.warn({ reason: finding.reason }, finding.note);
      await this.#write(finding).catch((err: unknown) => this.#deps.log.debug({ err }, "an event was not written"));
    }
  }

  async #write({ regarding, action, reason, note }: Finding): Promise<void> {
    const { registry, clock, random, context } = this.#deps;
    const namespace = regarding.namespace ?? "default";
    const event = {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: `${regarding.name}.${random.uuid().replaceAll("-", "").slice(0, 16)}`, namespace },
      eventTime: microTimestamp(clock),
      reportingController: this.#controller,
      reportingInstance: `${this.#controller}-${hostname()}`,
      action,
      type: "Warning",
      regarding,
      reason,
      note,
    };
    const options = { dryRun: false, fieldManager: "kube-apiserver", fieldValidation: "Strict" } as const;
    await registry
      .store("events.k8s.io", "v1", "events")
      ?.create(context(namespace), { value: event, duplicateFields: [] }, options);
  }
}
