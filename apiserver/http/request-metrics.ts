import type { Kind } from "../../api/kind.ts";
import { Histogram } from "../../component-base/histogram.ts";
import type { Exchange } from "./exchange.ts";

/** Upper bounds of the duration buckets in seconds. */
const bucketSeconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What tells the requests of one kind apart, but for the code. */
interface Labels {
  readonly verb: string;
  readonly subresource: string;
  readonly scope: string;
  readonly dryRun: string;
}

interface Series extends Labels {
  /** How many were answered with which HTTP status. */
  readonly codes: Map<number, number>;
  readonly durations: Histogram;
}

/** Counts requests. Labels become text only when somebody reads them; a request costs a few comparisons of short strings. */
export class RequestMetrics {
  /** undefined: paths that nobody serves, which must not make series of their own. */
  readonly #series = new Map<Kind | undefined, Series[]>();

  finished(exchange: Exchange, code: number, durationMs: number): void {
    const series = this.#find(exchange.kind, labelsOf(exchange));
    series.codes.set(code, (series.codes.get(code) ?? 0) + 1);
    if (series.verb !== "WATCH") series.durations.observe(durationMs);
  }

  /** Adds all series in Prometheus' text format. */
  write(out: string[]): void {
    const total = "apiserver_request_total";
    family(out, total, "counter", "Requests by verb, resource and HTTP status.");
    for (const [labels, { codes }] of this.#texts()) {
      for (const [code, count] of codes) out.push(`${total}{${labels},code="${code}"} ${count}`);
    }
    const name = "apiserver_request_duration_seconds";
    family(out, name, "histogram", "Time from the head of a request to the end of its answer.");
    for (const [labels, { durations }] of this.#texts()) {
      if (durations.count > 0) durations.write(out, name, labels);
    }
  }

  #find(kind: Kind | undefined, labels: Labels): Series {
    let ofKind = this.#series.get(kind);
    if (ofKind === undefined) {
      ofKind = [];
      this.#series.set(kind, ofKind);
    }
    for (const series of ofKind) if (isOf(series, labels)) return series;
    const series = { ...labels, codes: new Map(), durations: new Histogram(bucketSeconds) };
    ofKind.push(series);
    return series;
  }

  *#texts(): Generator<[labels: string, series: Series]> {
    for (const [kind, all] of this.#series) {
      const { group = "", version = "", plural = "" } = kind ?? {};
      for (const series of all) {
        const { verb, dryRun, subresource, scope } = series;
        yield [
          `verb="${verb}",dry_run="${dryRun}",group="${group}",version="${version}",resource="${plural}",subresource="${subresource}",scope="${scope}",component="apiserver"`,
          series,
        ];
      }
    }
  }
}

function isOf(series: Series, { verb, subresource, scope, dryRun }: Labels): boolean {
  return (
    series.verb === verb && series.subresource === subresource && series.scope === scope && series.dryRun === dryRun
  );
}

function labelsOf({ info, kind, request }: Exchange): Labels {
  const { verb, query } = info;
  const one = info.name !== "" || verb === "create";
  return {
    verb:
      verb === "patch" && request.headers["content-type"] === "application/apply-patch+yaml"
        ? "APPLY"
        : (nameOfVerb[verb] ?? verb.toUpperCase()),
    subresource: kind === undefined ? "" : info.subresource,
    scope: kind === undefined ? "" : one ? "resource" : info.namespace !== "" ? "namespace" : "cluster",
    dryRun: query.size > 0 && query.has("dryRun") ? dryRunLabel(query) : "",
  };
}

/** What metrics call the verbs: some by their HTTP method. @see k8s.io/apiserver v0.36.0 pkg/endpoints/metrics/metrics.go */
const nameOfVerb: Readonly<Record<string, string>> = {
  get: "GET",
  list: "LIST",
  watch: "WATCH",
  patch: "PATCH",
  delete: "DELETE",
  create: "POST",
  update: "PUT",
  deletecollection: "DELETE",
};

const dryRunLabel = (query: URLSearchParams) =>
  query.getAll("dryRun").every((value) => value === "All") ? "All" : "invalid";

/** The head of a family of series. */
export function family(out: string[], name: string, type: string, help: string): void {
  out.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
}
