/** A table with lines around its cells, headings in the middle and values at the right, as etcdctl prints them. */
export function ruledTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const rule = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+`;
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const heading = header.map((text, column) => {
    const gap = (widths[column] ?? 0) - text.length;
    return `${" ".repeat(Math.floor(gap / 2))}${text}${" ".repeat(Math.ceil(gap / 2))}`;
  });
  const body = rows.map((row) => line(row.map((cell, column) => cell.padStart(widths[column] ?? 0))));
  return [rule, line(heading), rule, ...body, rule].join("\n");
}
