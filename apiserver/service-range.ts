/** The first usable address of an IPv4 range: `10.96.0.1` of `10.96.0.0/16`. @throws Error for what is no range */
export function firstServiceIp(range: string): string {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(range);
  if (match === null) throw new Error(`${JSON.stringify(range)} is no IPv4 range like 10.96.0.0/16`);
  const bytes = match.slice(1, 5).map(Number);
  const base = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const size = 2 ** (32 - Number(match[5]));
  const first = base - (base % size) + 1;
  return [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join(".");
}
