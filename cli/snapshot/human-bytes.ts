const units = ["B", "kB", "MB", "GB", "TB", "PB"];

/** `25 MB`, `2.1 MB`, `512 B`: steps of a thousand and two digits, as etcdctl writes sizes. */
export function humanBytes(bytes: number): string {
  if (bytes < 10) return `${bytes} B`;
  const power = Math.min(Math.floor(Math.log(bytes) / Math.log(1000) + 1e-12), units.length - 1);
  const value = Math.floor((bytes / 1000 ** power) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : halfToEven(value)} ${units[power]}`;
}

/** Go's way: 20.5 is 20, 21.5 is 22. */
function halfToEven(value: number): number {
  return value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value);
}
