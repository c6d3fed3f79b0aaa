import { expect, test } from "vitest";
import { Histogram } from "./histogram.ts";

test("buckets hold what is not above their bound, and add up", () => {
  const histogram = new Histogram([0.005, 0.1]);
  for (const durationMs of [5, 6, 100, 250]) histogram.observe(durationMs);
  const out: string[] = [];
  histogram.write(out, "x", 'a="b"');
  expect(out).toEqual([
    'x_bucket{a="b",le="0.005"} 1',
    'x_bucket{a="b",le="0.1"} 3',
    'x_bucket{a="b",le="+Inf"} 4',
    'x_sum{a="b"} 0.361',
    'x_count{a="b"} 4',
  ]);
});
