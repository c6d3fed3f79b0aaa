import { expect, test } from "vitest";
import { checkCidr, checkIp, isIpv4 } from "./ip-checks.ts";

const notAnIp = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const notACidr = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
const zeros = "must not have leading 0s in IP or prefix length";

test.each([
  ["10.9.8.7", []],
  ["0.0.0.0", []],
  ["2001:db8::ffff", []],
  ["::", []],
  ["::1.2.3.4", []],
  ["01.2.3.4", ["must not have leading 0s"]],
  ["::ffff:01.2.3.4", ["must not have leading 0s"]],
  ["::ffff:1.2.3.4", ["must not be an IPv4-mapped IPv6 address"]],
  ["::ffff:102:304", ["must not be an IPv4-mapped IPv6 address"]],
  ["", [notAnIp]],
  ["x", [notAnIp]],
  ["1.2.3", [notAnIp]],
  ["1.2.3.256", [notAnIp]],
  ["1:2:3", [notAnIp]],
  ["fe80::1%eth0", [notAnIp]],
  ["1.2.3.4\n", [notAnIp]],
  [" 1.2.3.4", [notAnIp]],
] as const)("address %j", (text, found) => {
  expect(checkIp(text)).toEqual(found);
});

test("where the canonical form is asked for, another one is shown", () => {
  expect(checkIp("2001:DB8:0:0::1", { canonical: true })).toEqual(['must be in canonical form ("2001:db8::1")']);
  expect(checkIp("2001:db8::1", { canonical: true })).toEqual([]);
  expect(checkIp("::1.2.3.4", { canonical: true })).toEqual(['must be in canonical form ("::102:304")']);
});

test.each([
  ["10.9.8.0/24", []],
  ["0.0.0.0/0", []],
  ["1.2.3.4/32", []],
  ["2001:db8::/64", []],
  ["::/0", []],
  ["1.2.3.4/24", ["must not have bits set beyond the prefix length"]],
  ["2001:db8::1/64", ["must not have bits set beyond the prefix length"]],
  ["01.2.3.0/24", [zeros]],
  ["1.2.3.0/024", [zeros]],
  ["::ffff:1.2.3.0/120", ["must not have an IPv4-mapped IPv6 address"]],
  ["1.2.3.0/33", [notACidr]],
  ["1.2.3.4", [notACidr]],
  ["1.2.3.0/", [notACidr]],
  ["1.2.3.0/1/2", [notACidr]],
  ["x/8", [notACidr]],
] as const)("network %j", (text, found) => {
  expect(checkCidr(text)).toEqual(found);
});

test("only the proper form is an IPv4 address", () => {
  expect(["10.0.0.1", "010.0.0.1", "::1", "None", ""].filter(isIpv4)).toEqual(["10.0.0.1"]);
});
