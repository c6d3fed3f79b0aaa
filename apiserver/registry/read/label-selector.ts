import { badRequest } from "../../../api/status.ts";
import { checkLabelValue, checkQualifiedName } from "../meta/names.ts";

type Labels = Readonly<Record<string, string>> | undefined;

/** Tells whether labels are selected. */
export type LabelPredicate = (labels: Labels) => boolean;

type Token = { readonly kind: "word" | "symbol" | "end"; readonly text: string };

const symbols = new Set(["!", "=", "==", "!=", "(", ")", ",", "<", ">"]);

/**
 * `k=v`, `k==v`, `k!=v`, `k in (a,b)`, `k notin (a,b)`, `k`, `!k`, `k>5`, `k<5`, joined by commas.
 * @throws StatusError 400
 * @see k8s.io/apimachinery v0.36.0 pkg/labels/selector.go
 */
export function parseLabelSelector(text: string): LabelPredicate {
  const reader = new TokenReader(text);
  const requirements: LabelPredicate[] = [];
  while (reader.peek().kind !== "end") {
    const start = reader.peek();
    if (start.kind === "symbol" && start.text !== "!") {
      throw parseError(`found '${start.text}', expected: !, identifier, or 'end of string'`);
    }
    requirements.push(requirement(reader));
    const next = reader.take();
    if (next.kind === "end") break;
    if (next.text !== ",") throw parseError(`found '${next.text}', expected: ',' or 'end of string'`);
    if (reader.peek().kind === "end" || (reader.peek().kind === "symbol" && reader.peek().text !== "!")) {
      throw parseError(`found '${reader.peek().text}', expected: identifier after ','`);
    }
  }
  return (labels) => requirements.every((matches) => matches(labels));
}

const parseError = (message: string) => badRequest(message);
const requirementError = (message: string) => badRequest(`unable to parse requirement: ${message}`);

function requirement(reader: TokenReader): LabelPredicate {
  const first = reader.take();
  if (first.text === "!" && first.kind === "symbol") {
    const key = labelKey(reader.take());
    return (labels) => !has(labels, key);
  }
  const key = labelKey(first);
  const operator = reader.peek();
  if (operator.kind === "end" || operator.text === ",") return (labels) => has(labels, key);
  reader.take();
  switch (operator.text) {
    case "=":
    case "==": {
      const value = labelValue(key, exactValue(reader));
      return (labels) => has(labels, key) && labels?.[key] === value;
    }
    case "!=": {
      const value = labelValue(key, exactValue(reader));
      return (labels) => !has(labels, key) || labels?.[key] !== value;
    }
    case "in":
    case "notin": {
      const values = new Set(valueList(reader).map((value) => labelValue(key, value)));
      if (operator.text === "in") return (labels) => has(labels, key) && values.has(labels?.[key] ?? "");
      return (labels) => !has(labels, key) || !values.has(labels?.[key] ?? "");
    }
    case "<":
    case ">":
      return comparison(key, operator.text, exactValue(reader));
    default:
      throw requirementError(`found '${operator.text}', expected: in, notin, =, ==, !=, gt, lt`);
  }
}

const has = (labels: Labels, key: string) => labels !== undefined && Object.hasOwn(labels, key);

function comparison(key: string, operator: "<" | ">", bound: string): LabelPredicate {
  if (!/^[+-]?\d+$/.test(bound)) {
    throw requirementError(
      `values[0]: Invalid value: ${JSON.stringify(bound)}: for 'Gt', 'Lt' operators, the value must be an integer`,
    );
  }
  labelValue(key, bound);
  const limit = BigInt(bound.replace(/^\+/, ""));
  return (labels) => {
    const value = labels?.[key];
    if (value === undefined || !/^[+-]?\d+$/.test(value)) return false;
    const number = BigInt(value.replace(/^\+/, ""));
    return operator === ">" ? number > limit : number < limit;
  };
}

function labelKey(token: Token): string {
  if (token.kind !== "word") throw requirementError(`found '${token.text}', expected: identifier`);
  const problems = checkQualifiedName(token.text);
  // Upstream's error has no place for a key: this is how it prints that.
  if (problems.length > 0) throw requirementError(`<nil>: ${invalidText(token.text, problems)}`);
  return token.text;
}

const invalidText = (value: string, problems: readonly string[]) =>
  `Invalid value: ${JSON.stringify(value)}: ${problems.join("; ")}`;

function labelValue(key: string, value: string): string {
  const problems = checkLabelValue(value);
  if (problems.length > 0) throw requirementError(`values[0][${key}]: ${invalidText(value, problems)}`);
  return value;
}

function exactValue(reader: TokenReader): string {
  const next = reader.peek();
  if (next.kind === "end" || next.text === ",") return "";
  reader.take();
  if (next.kind === "word") return next.text;
  throw requirementError(`found '${next.text}', expected: identifier`);
}

function valueList(reader: TokenReader): string[] {
  const open = reader.take();
  if (open.text !== "(") throw requirementError(`found '${open.text}' expected: '('`);
  const values: string[] = [];
  for (;;) {
    const next = reader.peek();
    values.push(next.kind === "word" ? reader.take().text : "");
    const separator = reader.take();
    if (separator.text === ")") return values;
    if (separator.text !== ",") {
      throw requirementError(`found '${separator.text}', expected: ${expectedAfter(next, values)}`);
    }
  }
}

function expectedAfter(value: Token, values: readonly string[]): string {
  if (value.kind === "word") return "',' or ')'";
  return values.length > 1 ? "',', or identifier" : "',', ')' or identifier";
}

class TokenReader {
  readonly #tokens: Token[];
  #next = 0;

  constructor(text: string) {
    this.#tokens = (text.match(/[!=<>]=?|[(),]|[^\s!=<>(),]+/g) ?? []).flatMap(splitSymbol);
  }

  peek(): Token {
    return this.#tokens[this.#next] ?? { kind: "end", text: "" };
  }

  take(): Token {
    const token = this.peek();
    this.#next++;
    return token;
  }
}

function splitSymbol(text: string): Token[] {
  if (!/^[!=<>(),]/.test(text)) return [{ kind: "word", text }];
  if (symbols.has(text)) return [{ kind: "symbol", text }];
  return [...text].map((symbol) => ({ kind: "symbol", text: symbol }));
}
