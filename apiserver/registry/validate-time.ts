type CanonicalTime =
  | { readonly kind: "time"; readonly text: string }
  | { readonly kind: "bad"; readonly problem: string };

const rfc3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})$/;

/** An RFC 3339 time as Kubernetes writes it: UTC, whole seconds or exactly six decimals. */
export function canonicalTime(text: string, kind: "time" | "microTime"): CanonicalTime {
  const layout = kind === "time" ? "2006-01-02T15:04:05Z07:00" : "2006-01-02T15:04:05.000000Z07:00";
  const match = rfc3339.exec(text);
  const [, year, month, day, hour, minute, second, fraction = "", zone = "Z"] = match ?? [];
  const at = match === null ? Number.NaN : Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
  const incomplete = kind === "microTime" && fraction.length !== 6;
  if (Number.isNaN(at) || incomplete || dayOverflows(at, day, zone)) {
    const problem = `parsing time ${JSON.stringify(text)}${complaint(text, layout, kind)}`;
    return { kind: "bad", problem };
  }
  const seconds = new Date(at).toISOString().slice(0, 19);
  const micros = kind === "time" ? "" : `.${fraction.slice(0, 6).padEnd(6, "0")}`;
  return { kind: "time", text: `${seconds}${micros}Z` };
}

/** `2026-02-30` is read as March by JavaScript and refused by Kubernetes. */
function dayOverflows(at: number, day: string | undefined, zone: string): boolean {
  const sign = zone.startsWith("-") ? -1 : 1;
  const [hours = 0, minutes = 0] = zone === "Z" ? [] : zone.slice(1).split(":").map(Number);
  return new Date(at + sign * (hours * 60 + minutes) * 60_000).getUTCDate() !== Number(day);
}

/** What the time parser says of the first part of the layout that the text does not match. */
function complaint(text: string, layout: string, kind: "time" | "microTime"): string {
  const fraction = kind === "microTime";
  const parts: readonly (readonly [string, RegExp])[] = [
    ["2006", /^\d{4}/],
    ["-", /^-/],
    ["01", /^\d{2}/],
    ["-", /^-/],
    ["02", /^\d{2}/],
    ["T", /^T/],
    ["15", /^\d{2}/],
    [":", /^:/],
    ["04", /^\d{2}/],
    [":", /^:/],
    fraction ? ["05", /^\d{2}/] : ["05", /^\d{2}(?:[.,]\d+)?/],
    ...(fraction ? [[".000000", /^[.,]\d{6}/] as const] : []),
    ["Z07:00", /^(?:Z|[+-]\d{2}:\d{2})/],
  ];
  let rest = text;
  for (const [part, shape] of parts) {
    const match = shape.exec(rest);
    if (match === null) {
      return ` as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(part)}`;
    }
    rest = rest.slice(match[0].length);
  }
  return rest === "" ? `: ${outOfRange(text)} out of range` : `: extra text: ${JSON.stringify(rest)}`;
}

function outOfRange(text: string): string {
  const [, , month = 0, , hour = 0, minute = 0, second = 0] = (rfc3339.exec(text) ?? []).map(Number);
  if (month < 1 || month > 12) return "month";
  if (hour > 23) return "hour";
  if (minute > 59) return "minute";
  return second > 59 ? "second" : "day";
}
