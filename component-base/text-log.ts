const hidden = new Set(["time", "level", "component", "msg", "err"]);

/** A JSON log line as people read it: `15:04:05.678 INFO  apiserver  message  field=value`. */
export function textLogLine(json: string): string {
  const line = JSON.parse(json) as Record<string, unknown>;
  const time = new Date(Number(line["time"])).toISOString().slice(11, 23);
  const level = String(line["level"]).toUpperCase().padEnd(5);
  const fields = Object.entries(line)
    .filter(([name]) => !hidden.has(name))
    .map(([name, value]) => `  ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return `${time} ${level} ${line["component"]}  ${line["msg"]}${fields.join("")}${errorText(line["err"])}\n`;
}

function errorText(error: unknown): string {
  if (typeof error !== "object" || error === null) return error === undefined ? "" : `  err=${String(error)}`;
  const { message, stack } = error as { message?: unknown; stack?: unknown };
  return `\n    ${String(stack ?? message).replaceAll("\n", "\n    ")}`;
}
