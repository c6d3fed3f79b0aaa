/** Counts durations in buckets, as Prometheus' histograms do. An observation costs a few comparisons. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #count = 0;
  #sumSeconds = 0;

  /** @param bounds - upper bounds of the buckets in seconds, ascending */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  get count(): number {
    return this.#count;
  }

  observe(durationMs: number): void {
    const seconds = durationMs / 1000;
    const bounds = this.#bounds;
    this.#count++;
    this.#sumSeconds += seconds;
    for (let index = 0; index < bounds.length; index++) {
      if (seconds > (bounds[index] ?? 0)) continue;
      this.#counts[index] = (this.#counts[index] ?? 0) + 1;
      return;
    }
  }

  /** Adds the samples in Prometheus' text format. @param labels - `a="b",c="d"` */
  write(out: string[], name: string, labels: string): void {
    let below = 0;
    for (const [index, bound] of this.#bounds.entries()) {
      below += this.#counts[index] ?? 0;
      out.push(`${name}_bucket{${labels},le="${bound}"} ${below}`);
    }
    out.push(`${name}_bucket{${labels},le="+Inf"} ${this.#count}`);
    out.push(`${name}_sum{${labels}} ${this.#sumSeconds}`, `${name}_count{${labels}} ${this.#count}`);
  }
}
