import { type FieldError, invalidValue } from "../../../api/field-errors.ts";
import { ipFamily } from "../meta/ip-checks.ts";

const forbidden: readonly (readonly [RegExp, string])[] = [
  [/^(127\.|::1$)/, "may not be in the loopback range (127.0.0.0/8, ::1/128)"],
  [/^(169\.254\.|fe[89ab])/i, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"],
  [/^(224\.0\.0\.|ff.2:)/i, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"],
];

/**
 * Addresses that nobody else can reach.
 * @see k8s.io/kubernetes v1.36.3 pkg/apis/core/validation/validation.go ValidateEndpointIP
 */
export function endpointIpErrors(field: string, ip: string): FieldError[] {
  if (ipFamily(ip) === undefined) return [invalidValue(field, ip, "must be a valid IP address")];
  if (ip === "0.0.0.0" || ip === "::") return [invalidValue(field, ip, `may not be unspecified (${ip})`)];
  return forbidden.flatMap(([pattern, text]) => (pattern.test(ip) ? [invalidValue(field, ip, text)] : []));
}
