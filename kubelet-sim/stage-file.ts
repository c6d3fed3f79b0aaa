import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import type { Pod } from "../api/generated/types.ts";
import { isObject } from "../api/json.ts";
import { parseGoDuration } from "../component-base/go-duration.ts";
import { compileObjectPath, type ObjectPath } from "./object-path.ts";
import { podTransitions, type TransitionName } from "./pod-transitions.ts";
import type { Stage, StageEvent, StageNext } from "./stage.ts";
import { compileStatusTemplate } from "./status-template.ts";

/**
 * Reads the pod stages of a file: ours, and KWOK's as far as they use selectors, delays, weights, `statusTemplate`,
 * `event`, `finalizers.empty` and `delete`. Stages of other kinds are left out.
 * @throws Error that names the file, the stage and what is not understood
 * @see https://github.com/kubernetes-sigs/kwok/blob/v0.8.0/pkg/apis/v1alpha1/stage_types.go
 */
export function loadStages(file: string): Stage[] {
  return parseStages(readFileSync(file, "utf8"), file);
}

/** {@link loadStages} on text. */
export function parseStages(text: string, file: string): Stage[] {
  const stages: Stage[] = [];
  for (const document of parseAllDocuments(text)) {
    if (document.errors[0] !== undefined) throw new Error(`${file}: ${document.errors[0].message}`);
    const value: unknown = document.toJS();
    if (value === null) continue;
    const root = record(value);
    const name = String(record(root["metadata"])["name"] ?? "");
    const spec = record(root["spec"]);
    if (root["kind"] !== "Stage" || record(spec["resourceRef"])["kind"] !== "Pod") continue;
    try {
      stages.push(compileStage(name, spec));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${file}: stage ${name}: ${reason}`, { cause });
    }
  }
  return stages;
}

type Fields = Readonly<Record<string, unknown>>;

function compileStage(name: string, spec: Fields): Stage {
  const delay = record(spec["delay"]);
  const weightFrom = expressionFrom(spec["weightFrom"]);
  const weight = spec["weight"] === undefined ? 1 : Number(spec["weight"]);
  return {
    name,
    matches: compileSelector(record(spec["selector"])),
    weight: (pod) => numberAt(weightFrom, pod) ?? weight,
    durationMs: compileWait(delay["durationMilliseconds"], delay["durationFrom"]),
    jitterMs: compileWait(delay["jitterDurationMilliseconds"], delay["jitterDurationFrom"]),
    next: compileNext(record(spec["next"])),
  };
}

function compileSelector(selector: Fields): (pod: Pod) => boolean {
  const labels = Object.entries(record(selector["matchLabels"]));
  const annotations = Object.entries(record(selector["matchAnnotations"]));
  const expressions = list(selector["matchExpressions"]).map(compileExpression);
  return (pod) =>
    labels.every(([key, value]) => pod.metadata?.labels?.[key] === value) &&
    annotations.every(([key, value]) => pod.metadata?.annotations?.[key] === value) &&
    expressions.every((matches) => matches(pod));
}

function compileExpression(expression: Fields): (pod: Pod) => boolean {
  if (expression["cel"] !== undefined) throw new Error("CEL expressions are not understood");
  const path = compileObjectPath(String(expression["key"]));
  const values = Array.isArray(expression["values"]) ? expression["values"].map(String) : [];
  const isIn = (pod: Pod) => path(pod).some((found) => values.includes(String(found)));
  switch (expression["operator"]) {
    case "In":
      return isIn;
    case "NotIn":
      return (pod) => !isIn(pod);
    case "Exists":
      return (pod) => path(pod).length > 0;
    case "DoesNotExist":
      return (pod) => path(pod).length === 0;
    default:
      throw new Error(`operator ${String(expression["operator"])} is not one of In, NotIn, Exists, DoesNotExist`);
  }
}

/** A time among the results is taken as the moment to wait for. */
function compileWait(milliseconds: unknown, from: unknown): Stage["durationMs"] {
  const path = expressionFrom(from);
  const fixed = milliseconds === undefined ? undefined : Number(milliseconds);
  return (pod, nowMs) => {
    const found = path?.(pod)[0];
    if (typeof found !== "string") return fixed;
    const duration = parseGoDuration(found);
    if (duration !== undefined) return duration;
    const momentMs = Date.parse(found);
    return Number.isNaN(momentMs) ? fixed : momentMs - nowMs;
  };
}

function compileNext(next: Fields): StageNext {
  const transition = next["transition"];
  if (transition !== undefined) {
    const name = String(transition);
    if (!isTransitionName(name)) throw new Error(`no transition is named ${name}`);
    const exitCodeFrom = expressionFrom(next["exitCodeFrom"]);
    const exitCode = Number(next["exitCode"] ?? 0);
    return {
      kind: "transition",
      name,
      transition: podTransitions[name],
      exitCode: (pod) => numberAt(exitCodeFrom, pod) ?? exitCode,
      reason: optionalString(next["reason"]),
      message: optionalString(next["message"]),
    };
  }
  if (next["patches"] !== undefined) throw new Error("next.patches is not understood; use next.statusTemplate");
  const template = optionalString(next["statusTemplate"]);
  return {
    kind: "template",
    statusTemplate: template === undefined ? undefined : compileStatusTemplate(template),
    event: next["event"] === undefined ? undefined : stageEvent(record(next["event"])),
    emptyFinalizers: record(next["finalizers"])["empty"] === true,
    delete: next["delete"] === true,
  };
}

function stageEvent(event: Fields): StageEvent {
  return {
    type: event["type"] === "Warning" ? "Warning" : "Normal",
    reason: String(event["reason"] ?? ""),
    message: String(event["message"] ?? ""),
  };
}

const isTransitionName = (name: string): name is TransitionName => Object.hasOwn(podTransitions, name);

function expressionFrom(value: unknown): ObjectPath | undefined {
  const expression = record(value)["expressionFrom"];
  return typeof expression === "string" ? compileObjectPath(expression) : undefined;
}

function numberAt(path: ObjectPath | undefined, pod: Pod): number | undefined {
  const found = path?.(pod)[0];
  const parsed = found === undefined ? Number.NaN : Number(found);
  return Number.isFinite(parsed) ? parsed : undefined;
}

const optionalString = (value: unknown) => (typeof value === "string" ? value : undefined);

function record(value: unknown): Fields {
  return isObject(value) ? value : {};
}

function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(record) : [];
}
