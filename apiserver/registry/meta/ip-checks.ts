import { isIPv6 } from "node:net";

/** An address that can be read, in whatever form. */
interface Address {
  readonly family: 4 | 6;
  /** RFC 5952; `::ffff:1.2.3.4` for one that is mapped. */
  readonly canonical: string;
  readonly leadingZeros: boolean;
  /** An IPv4 address in IPv6's clothes. */
  readonly mapped: boolean;
}

const notAnIp = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const notACidr = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/**
 * What is wrong with an address. Programs differ in how they read zeros in front (some take them for octal) and mapped
 * addresses, so neither may be stored.
 * @see kubernetes v1.36.3 staging/src/k8s.io/apimachinery/pkg/util/validation/ip.go
 */
export function checkIp(text: string, options: { readonly canonical?: boolean } = {}): string[] {
  const address = parseIp(text);
  if (address === undefined) return [notAnIp];
  if (address.leadingZeros) return ["must not have leading 0s"];
  if (address.mapped) return ["must not be an IPv4-mapped IPv6 address"];
  if (options.canonical === true && text !== address.canonical) {
    return [`must be in canonical form ("${address.canonical}")`];
  }
  return [];
}

/** What is wrong with a network such as `10.9.8.0/24`. */
export function checkCidr(text: string): string[] {
  const [ip = "", length = "", ...rest] = text.split("/");
  const address = parseIp(ip);
  const bits = address?.family === 4 ? 32 : 128;
  if (address === undefined || rest.length > 0 || !/^\d+$/.test(length) || Number(length) > bits) return [notACidr];
  if (address.leadingZeros || /^0\d/.test(length)) return ["must not have leading 0s in IP or prefix length"];
  if (address.mapped) return ["must not have an IPv4-mapped IPv6 address"];
  const host = (1n << BigInt(bits - Number(length))) - 1n;
  return (numberOf(address) & host) === 0n ? [] : ["must not have bits set beyond the prefix length"];
}

/** `undefined` for what is no address. */
export const ipFamily = (text: string): 4 | 6 | undefined => parseIp(text)?.family;

/** An IPv4 address in its only proper form. */
export const isIpv4 = (text: string): boolean => ipFamily(text) === 4 && checkIp(text).length === 0;

function parseIp(text: string): Address | undefined {
  if (!text.includes(":")) {
    const octets = parseOctets(text);
    return octets && { family: 4, canonical: octets.plain, leadingZeros: octets.leadingZeros, mapped: false };
  }
  const split = text.lastIndexOf(":") + 1;
  const tail = text.slice(split);
  const octets = tail.includes(".") ? parseOctets(tail) : { plain: tail, leadingZeros: false };
  if (octets === undefined) return undefined;
  const plain = text.slice(0, split) + octets.plain;
  if (text.includes("%") || !isIPv6(plain)) return undefined;
  const short = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(short);
  const canonical = mapped === null ? short : `::ffff:${dotted(mapped[1] ?? "", mapped[2] ?? "")}`;
  return { family: 6, canonical, leadingZeros: octets.leadingZeros, mapped: mapped !== null };
}

function parseOctets(text: string): { plain: string; leadingZeros: boolean } | undefined {
  const octets = text.split(".");
  if (octets.length !== 4 || !octets.every((octet) => /^\d+$/.test(octet) && Number(octet) <= 255)) return undefined;
  return { plain: octets.map(Number).join("."), leadingZeros: octets.some((octet) => /^0\d/.test(octet)) };
}

function dotted(high: string, low: string): string {
  const bytes = [high, low].flatMap((half) => [Number.parseInt(half, 16) >> 8, Number.parseInt(half, 16) & 255]);
  return bytes.join(".");
}

function numberOf({ family, canonical }: Address): bigint {
  if (family === 4) return canonical.split(".").reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
  const [head = "", tail] = canonical.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const after = groups(tail ?? "");
  const before = groups(head);
  const zeros = tail === undefined ? [] : Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after].reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}
