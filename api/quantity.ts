/** How a quantity writes its size. */
type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

/** An exact amount: `amount · 10^exponent`, with at most nine digits after the point. */
export interface Quantity {
  readonly amount: bigint;
  readonly exponent: number;
  readonly format: QuantityFormat;
}

export class QuantityError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "QuantityError";
  }
}

const shape = /^([+-]?)(\d*)(?:\.(\d*))?((?:[KMGTPE]i)|[numkMGTPE]|(?:[eE][+-]?\d+))?$/;
const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const decimalSuffixes = new Map(Object.entries(decimalExponents).map(([suffix, exponent]) => [exponent, suffix]));
const binaryPrefixes = "KMGTPE";

/**
 * @throws {@link QuantityError} with upstream's text
 * @see k8s.io/apimachinery v0.36.0 pkg/api/resource/quantity.go
 */
export function parseQuantity(text: string): Quantity {
  const match = shape.exec(text);
  const [, sign, whole = "", fraction = "", suffix = ""] = match ?? [];
  if (text === "") throw new QuantityError("unable to parse quantity's suffix");
  if (match === null || whole + fraction === "") {
    throw new QuantityError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  }
  const digits = BigInt(whole + fraction) * (sign === "-" ? -1n : 1n);
  const scale = -fraction.length;
  if (suffix.endsWith("i")) {
    const power = binaryPrefixes.indexOf(suffix[0] ?? "") + 1;
    return rounded(digits * 1024n ** BigInt(power), scale, "BinarySI");
  }
  const letter = decimalExponents[suffix];
  if (letter !== undefined) return rounded(digits, scale + letter, "DecimalSI");
  if (suffix === "") return rounded(digits, scale, "DecimalSI");
  return rounded(digits, scale + Number(suffix.slice(1)), "DecimalExponent");
}

/** Finer than nano rounds away from zero. */
function rounded(amount: bigint, exponent: number, format: QuantityFormat): Quantity {
  return exponent >= -9
    ? { amount, exponent, format }
    : { amount: divideUp(amount, 10n ** BigInt(-9 - exponent)), exponent: -9, format };
}

function divideUp(amount: bigint, divisor: bigint): bigint {
  const quotient = amount / divisor;
  if (amount % divisor === 0n) return quotient;
  return amount < 0n ? quotient - 1n : quotient + 1n;
}

/** The text of one amount: the largest suffix of its family with a whole number before it. */
function formatQuantity(quantity: Quantity): string {
  const { amount, exponent, format } = quantity;
  if (amount === 0n) return "0";
  if (format === "BinarySI") {
    const size = scaled(quantity, 0);
    const below = scaled({ amount: amount < 0n ? -amount : amount, exponent, format }, -9) < 1024n * 10n ** 9n;
    if (!below) return binaryText(size);
  }
  return decimalText(amount, exponent, format === "DecimalExponent");
}

function binaryText(size: bigint): string {
  let power = 0;
  let rest = size;
  while (rest % 1024n === 0n && power < binaryPrefixes.length) {
    rest /= 1024n;
    power++;
  }
  return power === 0 ? `${rest}` : `${rest}${binaryPrefixes[power - 1]}i`;
}

function decimalText(amount: bigint, exponent: number, scientific: boolean): string {
  let rest = amount;
  let power = exponent;
  while (rest % 10n === 0n) {
    rest /= 10n;
    power++;
  }
  while (power % 3 !== 0) {
    rest *= 10n;
    power--;
  }
  if (power === 0) return `${rest}`;
  const suffix = scientific ? undefined : decimalSuffixes.get(power);
  return `${rest}${suffix ?? `e${power}`}`;
}

/** The amount in units of `10^exponent`, rounded away from zero. */
function scaled(quantity: Quantity, exponent: number): bigint {
  const shift = quantity.exponent - exponent;
  return shift >= 0 ? quantity.amount * 10n ** BigInt(shift) : divideUp(quantity.amount, 10n ** BigInt(-shift));
}

/** `1024Ki` is `1Mi`. @throws {@link QuantityError} */
export const canonicalQuantity = (text: string): string => formatQuantity(parseQuantity(text));

/** Whole units, rounded up: bytes of memory, cores of cpu. @throws {@link QuantityError} */
export function quantityValue(text: string): number {
  return Number(scaled(parseQuantity(text), 0));
}

/** Thousandths, rounded up: `100m` of cpu is 100. @throws {@link QuantityError} */
export function quantityMilliValue(text: string): number {
  return Number(scaled(parseQuantity(text), -3));
}

/** Negative, zero or positive as `a` is less than, equal to or more than `b`. @throws {@link QuantityError} */
export function compareQuantities(a: string, b: string): number {
  const difference = scaled(parseQuantity(a), -9) - scaled(parseQuantity(b), -9);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** As it stands in a resource list, where nothing is finer than milli. @throws {@link QuantityError} */
export function canonicalResource(text: string): string {
  const quantity = parseQuantity(text);
  if (quantity.exponent >= -3) return formatQuantity(quantity);
  return formatQuantity({ ...quantity, amount: scaled(quantity, -3), exponent: -3 });
}
