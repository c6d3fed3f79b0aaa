function highest(scores: Float64Array): number {
  let max = 0;
  for (const score of scores) if (score > max) max = score;
  return max;
}

/** Makes the highest score 100 and the others the same share of it; all 0 stays so. */
export function normalize(scores: Float64Array): void {
  const max = highest(scores);
  if (max === 0) return;
  for (let i = 0; i < scores.length; i++) scores[i] = Math.floor((100 * (scores[i] ?? 0)) / max);
}

/** {@link normalize} for counts of what is bad: 0 becomes 100. */
export function normalizeReversed(scores: Float64Array): void {
  const max = highest(scores);
  if (max === 0) scores.fill(100);
  else for (let i = 0; i < scores.length; i++) scores[i] = 100 - Math.floor((100 * (scores[i] ?? 0)) / max);
}
