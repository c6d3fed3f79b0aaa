const dayMs = 24 * 60 * 60 * 1000;

/**
 * When a line was written, as it says itself: etcd's and our JSON lines, and our text lines, which name only the time of day.
 * Undefined for a line that does not say.
 */
export function lineTime(line: string, nowMs: number): number | undefined {
  const head = line.slice(0, 300);
  const [, epoch] = /"time":(\d{13})\b/.exec(head) ?? [];
  if (epoch !== undefined) return Number(epoch);
  const [iso] = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/.exec(head) ?? [];
  if (iso !== undefined) {
    const said = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(iso) ? iso.replace(" ", "T") : `${iso.replace(" ", "T")}Z`);
    return Number.isNaN(said) ? undefined : said;
  }
  const [, hours, minutes, seconds, milliseconds] = /^(\d\d):(\d\d):(\d\d)\.(\d{3}) /.exec(head) ?? [];
  if (hours === undefined) return undefined;
  const ofDayMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(milliseconds);
  const todayMs = nowMs - (nowMs % dayMs) + ofDayMs;
  return todayMs > nowMs + 1000 ? todayMs - dayMs : todayMs;
}
