import type { NameRule } from "../../../api/kind.ts";
import { checkIp } from "./ip-checks.ts";

const dns1123Label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const dns1123Subdomain = `${dns1123Label}(\\.${dns1123Label})*`;
const dns1035Label = "[a-z]([-a-z0-9]*[a-z0-9])?";
const qualifiedName = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const labelValue = `(${qualifiedName})?`;

const patterns = {
  label: new RegExp(`^${dns1123Label}$`),
  subdomain: new RegExp(`^${dns1123Subdomain}$`),
  dns1035: new RegExp(`^${dns1035Label}$`),
  qualifiedName: new RegExp(`^${qualifiedName}$`),
  labelValue: new RegExp(`^${labelValue}$`),
} as const;

const byteLength = (text: string) => (/^[\x20-\x7e]*$/.test(text) ? text.length : Buffer.byteLength(text));

/** What is wrong with a name, in Kubernetes' words; empty: nothing. */
export type NameCheck = (name: string) => string[];

const subdomainText =
  `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end ` +
  `with an alphanumeric character (e.g. 'example.com', regex used for validation is '${dns1123Subdomain}')`;

/** @see k8s.io/apimachinery v0.36.0 pkg/util/validation/validation.go */
export const checkSubdomain: NameCheck = (name) => {
  const problems: string[] = [];
  if (byteLength(name) > 253) problems.push("must be no more than 253 characters");
  if (!patterns.subdomain.test(name)) problems.push(subdomainText);
  return problems;
};

export const checkLabel: NameCheck = (name) => {
  const problems: string[] = [];
  if (byteLength(name) > 63) problems.push("must be no more than 63 characters");
  if (!patterns.label.test(name)) {
    problems.push(
      patterns.subdomain.test(name)
        ? "must not contain dots"
        : `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an ` +
            `alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${dns1123Label}')`,
    );
  }
  return problems;
};

const checkDns1035Label: NameCheck = (name) => {
  const problems: string[] = [];
  if (byteLength(name) > 63) problems.push("must be no more than 63 characters");
  if (!patterns.dns1035.test(name)) {
    problems.push(
      `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end ` +
        `with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${dns1035Label}')`,
    );
  }
  return problems;
};

export const checkPathSegment: NameCheck = (name) => {
  if (name === "." || name === "..") return [`may not be '${name}'`];
  const problems: string[] = [];
  for (const character of ["/", "%"]) if (name.includes(character)) problems.push(`may not contain '${character}'`);
  return problems;
};

const qualifiedNameText =
  `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character ` +
  `(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedName}')`;

/** Keys of labels and annotations, names of finalizers. */
export const checkQualifiedName: NameCheck = (text) => {
  const parts = text.split("/");
  if (parts.length > 2) {
    return [
      `a valid label key ${qualifiedNameText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const problems: string[] = [];
  const name = parts[parts.length - 1] ?? "";
  const prefix = parts.length === 2 ? parts[0] : undefined;
  if (prefix === "") problems.push("prefix part must be non-empty");
  else if (prefix !== undefined) problems.push(...prefixProblems(prefix));
  if (name === "") problems.push("name part must be non-empty");
  else if (byteLength(name) > 63) problems.push("name part must be no more than 63 bytes");
  if (!patterns.qualifiedName.test(name)) problems.push(`name part ${qualifiedNameText}`);
  return problems;
};

const prefixProblems = (prefix: string) =>
  checkSubdomain(prefix).map((problem) => `prefix part ${problem.replace("253 characters", "253 bytes")}`);

/** Whether {@link checkQualifiedName} would find nothing in the usual short form; quick. */
export const isPlainName = (text: string) => text.length <= 63 && patterns.qualifiedName.test(text);

export const checkLabelValue: NameCheck = (value) => {
  const problems: string[] = [];
  if (byteLength(value) > 63) problems.push("must be no more than 63 bytes");
  if (!patterns.labelValue.test(value)) {
    problems.push(
      `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end ` +
        `with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${labelValue}')`,
    );
  }
  return problems;
};

const checks: Record<NameRule, NameCheck> = {
  "dns1123-subdomain": checkSubdomain,
  "dns1123-label": checkLabel,
  "dns1035-label": checkDns1035Label,
  "path-segment": checkPathSegment,
  ip: (name) => checkIp(name, { canonical: true }),
};

export const checkName = (rule: NameRule, name: string) => checks[rule](name);
