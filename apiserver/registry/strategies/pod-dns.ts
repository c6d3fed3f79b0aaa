import { type FieldError, invalidValue, required } from "../../../api/field-errors.ts";
import type { PodSpec } from "../../../api/generated/types.ts";
import { checkIp } from "../meta/ip-checks.ts";
import { oneOf, problems } from "./field-checks.ts";

const maxNameservers = 3;
const maxSearches = 32;
const maxSearchLength = 2048;
const label = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const domain = `${label}(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*`;
const isDomain = new RegExp(`^${domain}$`);

/** @see k8s.io/kubernetes v1.36.0 pkg/apis/core/validation/validation.go validateDNSPolicy, validatePodDNSConfig */
export function dnsErrors({ dnsPolicy = "", dnsConfig }: Readonly<PodSpec>, field: string): FieldError[] {
  const errors = oneOf(`${field}.dnsPolicy`, dnsPolicy, ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]);
  const at = `${field}.dnsConfig`;
  if (dnsConfig === undefined) {
    if (dnsPolicy === "None") errors.push(required(at, "must provide `dnsConfig` when `dnsPolicy` is None"));
    return errors;
  }
  const { nameservers = [], searches = [], options = [] } = dnsConfig;
  if (dnsPolicy === "None" && nameservers.length === 0) {
    errors.push(required(`${at}.nameservers`, "must provide at least one DNS nameserver when `dnsPolicy` is None"));
  }
  if (nameservers.length > maxNameservers) {
    errors.push(
      invalidValue(`${at}.nameservers`, nameservers, `must not have more than ${maxNameservers} nameservers`),
    );
  }
  for (const [index, ip] of nameservers.entries()) {
    errors.push(...problems(`${at}.nameservers[${index}]`, ip, checkIp(ip)));
  }
  if (searches.length > maxSearches) {
    errors.push(invalidValue(`${at}.searches`, searches, `must not have more than ${maxSearches} search paths`));
  }
  if (searches.join(" ").length > maxSearchLength) {
    const detail = `must not have more than ${maxSearchLength} characters (including spaces) in the search list`;
    errors.push(invalidValue(`${at}.searches`, searches, detail));
  }
  for (const [index, search] of searches.entries()) {
    errors.push(...problems(`${at}.searches[${index}]`, search, checkSearch(search)));
  }
  for (const [index, { name }] of options.entries()) {
    if (!name) errors.push(required(`${at}.options[${index}]`, "must not be empty"));
  }
  return errors;
}

function checkSearch(search: string): string[] {
  if (search === ".") return [];
  const name = search.replace(/\.$/, "");
  const found = name.length > 253 ? ["must be no more than 253 bytes"] : [];
  if (isDomain.test(name)) return found;
  return [
    ...found,
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start " +
      `and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${domain}')`,
  ];
}
