const factors: Readonly<Record<string, number>> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

const grammar = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;

/** A quantity as a number of its unit, exact below 2^53. What the API server would have refused counts as 0. */
export function parseQuantity(text: string | number): number {
  const match = grammar.exec(String(text));
  if (match === null) return 0;
  const [, digits = "0", exponent, suffix = ""] = match;
  if (exponent !== undefined) return Number(digits + exponent);
  return Number(digits) * (factors[suffix] ?? 1);
}
