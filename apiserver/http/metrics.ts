import type { Kind } from "../../api/kind.ts";
import type { Clock } from "../../component-base/clock.ts";
import type { Exchange } from "./exchange.ts";
import type { InFlight } from "./limit.ts";

/** Upper bounds of the duration buckets in seconds. */
const bucketSeconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

interface Durations {
  readonly counts: number[];
  count: number;
  sumSeconds: number;
}

interface WatchCounter {
  readonly kind: Kind;
  open: number;
  events: number;
  /** Those ended because their reader was too slow. */
  terminated: number;
}

/** A sample of a gauge or counter that is read when somebody asks. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricSource {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  samples(): Iterable<Sample>;
}

/** Counts what the gateway does; written out in Prometheus' text format. */
export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #durations = new Map<string, Durations>();
  readonly #watches = new Map<Kind, WatchCounter>();
  readonly #sources: readonly MetricSource[];
  readonly #inFlight: InFlight;
  readonly #clock: Clock;
  readonly #startedMs: number;
  #rejected = 0;

  constructor(deps: { sources: readonly MetricSource[]; inFlight: InFlight; clock: Clock }) {
    this.#sources = deps.sources;
    this.#inFlight = deps.inFlight;
    this.#clock = deps.clock;
    this.#startedMs = deps.clock.now();
  }

  requestFinished(exchange: Exchange, code: number, durationMs: number): void {
    const labels = labelsOf(exchange);
    const counted = `${labels},code="${code}"`;
    this.#requests.set(counted, (this.#requests.get(counted) ?? 0) + 1);
    if (exchange.info.verb === "watch") return;
    let durations = this.#durations.get(labels);
    if (durations === undefined) {
      durations = { counts: bucketSeconds.map(() => 0), count: 0, sumSeconds: 0 };
      this.#durations.set(labels, durations);
    }
    const seconds = durationMs / 1000;
    durations.count++;
    durations.sumSeconds += seconds;
    const bucket = bucketSeconds.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) durations.counts[bucket] = (durations.counts[bucket] ?? 0) + 1;
  }

  requestRejected(): void {
    this.#rejected++;
  }

  /** The counters that the new watch adds its events to, and its end if it was too slow. */
  watchOpened(kind: Kind): Pick<WatchCounter, "events" | "terminated"> {
    let counter = this.#watches.get(kind);
    if (counter === undefined) {
      counter = { kind, open: 0, events: 0, terminated: 0 };
      this.#watches.set(kind, counter);
    }
    counter.open++;
    return counter;
  }

  watchClosed(kind: Kind): void {
    const counter = this.#watches.get(kind);
    if (counter !== undefined) counter.open--;
  }

  text(): string {
    const out: string[] = [];
    family(out, "apiserver_request_total", "counter", "Requests by verb, resource and HTTP status.");
    for (const [labels, count] of this.#requests) out.push(`apiserver_request_total{${labels}} ${count}`);
    this.#writeDurations(out);
    family(out, "apiserver_longrunning_requests", "gauge", "Watches that are open.");
    for (const { kind, open } of this.#watches.values()) {
      out.push(`apiserver_longrunning_requests{verb="WATCH",${kindLabels(kind)}} ${open}`);
    }
    family(out, "apiserver_watch_events_total", "counter", "Events sent to watchers.");
    for (const { kind, events } of this.#watches.values()) {
      out.push(`apiserver_watch_events_total{${kindLabels(kind)}} ${events}`);
    }
    family(out, "apiserver_terminated_watchers_total", "counter", "Watches ended because their reader was too slow.");
    for (const { kind, terminated } of this.#watches.values()) {
      out.push(`apiserver_terminated_watchers_total{${kindLabels(kind)}} ${terminated}`);
    }
    family(out, "apiserver_current_inflight_requests", "gauge", "Requests being served.");
    for (const [kind, count] of Object.entries(this.#inFlight.current)) {
      out.push(`apiserver_current_inflight_requests{request_kind="${kind}"} ${count}`);
    }
    family(out, "apiserver_flowcontrol_rejected_requests_total", "counter", "Requests answered 429.");
    out.push(`apiserver_flowcontrol_rejected_requests_total ${this.#rejected}`);
    for (const source of [...this.#sources, ...this.#processSources()]) writeSource(out, source);
    return `${out.join("\n")}\n`;
  }

  #writeDurations(out: string[]): void {
    const name = "apiserver_request_duration_seconds";
    family(out, name, "histogram", "Time from the head of a request to the end of its answer.");
    for (const [labels, { counts, count, sumSeconds }] of this.#durations) {
      let below = 0;
      for (const [index, bound] of bucketSeconds.entries()) {
        below += counts[index] ?? 0;
        out.push(`${name}_bucket{${labels},le="${bound}"} ${below}`);
      }
      out.push(`${name}_bucket{${labels},le="+Inf"} ${count}`);
      out.push(`${name}_sum{${labels}} ${sumSeconds}`, `${name}_count{${labels}} ${count}`);
    }
  }

  #processSources(): MetricSource[] {
    const usage = process.cpuUsage();
    const one = (name: string, type: "counter" | "gauge", help: string, value: number): MetricSource => ({
      name,
      type,
      help,
      samples: () => [{ value }],
    });
    return [
      one("process_cpu_seconds_total", "counter", "CPU time used.", (usage.user + usage.system) / 1e6),
      one("process_resident_memory_bytes", "gauge", "Resident memory.", process.memoryUsage.rss()),
      one("process_start_time_seconds", "gauge", "Start of the process, Unix time.", this.#startedMs / 1000),
      one("process_uptime_seconds", "gauge", "Age of the process.", (this.#clock.now() - this.#startedMs) / 1000),
    ];
  }
}

function labelsOf(exchange: Exchange): string {
  const { info, kind } = exchange;
  // Paths and names that nobody serves must not make series of their own.
  const known = kind !== undefined;
  const resource = known ? info.resource : "";
  const group = known ? info.group : "";
  const version = known ? info.version : "";
  const one = info.name !== "" || info.verb === "create";
  const scope = !known ? "" : one ? "resource" : info.namespace !== "" ? "namespace" : "cluster";
  const subresource = known ? info.subresource : "";
  const verb = methodOfVerb[info.verb] ?? info.verb.toUpperCase();
  const dryRun = info.query.size > 0 && info.query.has("dryRun") ? dryRunLabel(info.query) : "";
  return `verb="${verb}",dry_run="${dryRun}",group="${group}",version="${version}",resource="${resource}",subresource="${subresource}",scope="${scope}",component="apiserver"`;
}

/** Verbs that metrics call by their HTTP method. @see k8s.io/apiserver v0.36.0 pkg/endpoints/metrics/metrics.go */
const methodOfVerb: Readonly<Record<string, string>> = {
  create: "POST",
  update: "PUT",
  deletecollection: "DELETE",
};

const dryRunLabel = (query: URLSearchParams) =>
  query.getAll("dryRun").every((value) => value === "All") ? "All" : "invalid";

const kindLabels = (kind: Kind) => `group="${kind.group}",version="${kind.version}",resource="${kind.plural}"`;

function family(out: string[], name: string, type: string, help: string): void {
  out.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
}

function writeSource(out: string[], { name, type, help, samples }: MetricSource): void {
  family(out, name, type, help);
  for (const { labels, value } of samples()) {
    const pairs = Object.entries(labels ?? {}).map(([key, text]) => `${key}=${JSON.stringify(text)}`);
    out.push(`${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`);
  }
}
