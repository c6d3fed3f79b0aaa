/** Functions by the name that templates use. */
export type TemplateFunctions = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/**
 * Compiles the part of Go's text/template that stage files use: fields, variables, `if`/`else if`/`else`, `range`, `with`,
 * pipelines, parentheses, and functions. There is no way from a template to anything but its root and the functions given.
 * @throws SyntaxError that quotes what is not understood
 */
export function compileGoTemplate(text: string): (root: unknown, functions: TemplateFunctions) => string {
  const parser = new BlockParser(tokenize(text));
  const nodes = parser.block([]).nodes;
  return (root, functions) => {
    const output: string[] = [];
    execute(
      nodes,
      { dot: root, variables: new Scope(undefined, root), functions: { ...builtins, ...functions } },
      output,
    );
    return output.join("");
  };
}

type Token = { readonly kind: "text" | "action"; readonly text: string };

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let rest = source;
  for (;;) {
    const match = /\{\{(-\s)?\s*([\s\S]*?)\s*(\s-)?\}\}/.exec(rest);
    if (match === null) return [...tokens, { kind: "text", text: rest }];
    const [whole, trimBefore, action = "", trimAfter] = match;
    const before = rest.slice(0, match.index);
    tokens.push({ kind: "text", text: trimBefore === undefined ? before : before.trimEnd() });
    if (!action.startsWith("/*")) tokens.push({ kind: "action", text: action });
    rest = rest.slice(match.index + whole.length);
    if (trimAfter !== undefined) rest = rest.trimStart();
  }
}

type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly value: Expression }
  | { readonly kind: "assign"; readonly name: string; readonly declare: boolean; readonly value: Expression }
  | { readonly kind: "if"; readonly value: Expression; readonly then: Node[]; readonly otherwise: Node[] }
  | { readonly kind: "with"; readonly value: Expression; readonly then: Node[]; readonly otherwise: Node[] }
  | {
      readonly kind: "range";
      readonly names: readonly string[];
      readonly value: Expression;
      readonly body: Node[];
      readonly otherwise: Node[];
    };

class BlockParser {
  readonly #tokens: Token[];
  #position = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  /** Reads up to one of the closing words, or to the end if there are none to expect. */
  block(closing: readonly string[]): { nodes: Node[]; closedBy: string } {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.#tokens[this.#position++];
      if (token === undefined) {
        if (closing.length > 0) throw new SyntaxError(`a block is not closed by {{ ${closing[0]} }}`);
        return { nodes, closedBy: "" };
      }
      if (token.kind === "text") {
        nodes.push({ kind: "text", text: token.text });
        continue;
      }
      const word = /^[a-z]+/.exec(token.text)?.[0] ?? "";
      if (closing.includes(word)) return { nodes, closedBy: token.text };
      nodes.push(this.#action(word, token.text));
    }
  }

  #action(word: string, text: string): Node {
    const rest = text.slice(word.length).trim();
    switch (word) {
      case "if":
      case "with": {
        const value = parseExpression(rest);
        const { nodes: then, closedBy } = this.block(["else", "end"]);
        return { kind: word, value, then, otherwise: this.#otherwise(closedBy) };
      }
      case "range": {
        const match = /^((?:\$\w+\s*,\s*)?\$\w+)\s*:=\s*([\s\S]*)$/.exec(rest);
        const names = match?.[1]?.split(",").map((name) => name.trim()) ?? [];
        const value = parseExpression(match?.[2] ?? rest);
        const { nodes: body, closedBy } = this.block(["else", "end"]);
        return { kind: "range", names, value, body, otherwise: this.#otherwise(closedBy) };
      }
      case "else":
      case "end":
      case "define":
      case "template":
      case "block":
        throw new SyntaxError(`{{ ${text} }} is not understood here`);
    }
    const assignment = /^(\$\w+)\s*(:?=)\s*([\s\S]*)$/.exec(text);
    if (assignment !== null) {
      const [, name = "", operator, value = ""] = assignment;
      return { kind: "assign", name, declare: operator === ":=", value: parseExpression(value) };
    }
    return { kind: "print", value: parseExpression(text) };
  }

  #otherwise(closedBy: string): Node[] {
    if (closedBy === "end") return [];
    const condition = closedBy.slice("else".length).trim();
    if (condition === "") return this.block(["end"]).nodes;
    const word = /^[a-z]+/.exec(condition)?.[0] ?? "";
    return [this.#action(word, condition)];
  }
}

type Expression =
  | { readonly kind: "literal"; readonly value: unknown }
  | { readonly kind: "path"; readonly base: "." | string; readonly fields: readonly string[] }
  | { readonly kind: "fieldsOf"; readonly value: Expression; readonly fields: readonly string[] }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] };

const lexeme = /\s*(\||\(|\)(?:\.[\w.]+)?|"(?:[^"\\]|\\.)*"|`[^`]*`|-?\d+(?:\.\d+)?|\$?\w*(?:\.\w+)+|\.|\$\w*|\w+)/y;

function parseExpression(text: string): Expression {
  const words: string[] = [];
  lexeme.lastIndex = 0;
  while (lexeme.lastIndex < text.trimEnd().length) {
    const match = lexeme.exec(text);
    if (match?.[1] === undefined) throw new SyntaxError(`{{ ${text} }} is not understood`);
    words.push(match[1]);
  }
  let position = 0;

  function pipeline(): Expression {
    let value = command(undefined);
    while (words[position] === "|") {
      position++;
      value = command(value);
    }
    return value;
  }

  function command(piped: Expression | undefined): Expression {
    const first = words[position];
    if (first === undefined) throw new SyntaxError(`{{ ${text} }} ends too early`);
    if (!/^[A-Za-z]\w*$/.test(first) || first === "true" || first === "false" || first === "nil") return operand();
    position++;
    const args: Expression[] = [];
    for (
      let word = words[position];
      word !== undefined && word !== "|" && !word.startsWith(")");
      word = words[position]
    ) {
      args.push(operand());
    }
    if (piped !== undefined) args.push(piped);
    return { kind: "call", name: first, args };
  }

  function operand(): Expression {
    const word = words[position++] ?? "";
    if (word === "(") {
      const value = pipeline();
      const close = words[position++] ?? "";
      if (!close.startsWith(")")) throw new SyntaxError(`{{ ${text} }} lacks a )`);
      return close === ")" ? value : { kind: "fieldsOf", value, fields: close.slice(2).split(".") };
    }
    if (word.startsWith('"')) return { kind: "literal", value: JSON.parse(word) };
    if (word.startsWith("`")) return { kind: "literal", value: word.slice(1, -1) };
    if (/^-?\d/.test(word)) return { kind: "literal", value: Number(word) };
    if (word === "true" || word === "false") return { kind: "literal", value: word === "true" };
    if (word === "nil") return { kind: "literal", value: undefined };
    if (word.startsWith(".") || word.startsWith("$")) {
      const [base = "", ...fields] = word.split(".");
      return { kind: "path", base: base === "" ? "." : base, fields: fields.filter((field) => field !== "") };
    }
    return { kind: "call", name: word, args: [] };
  }

  const value = pipeline();
  if (position < words.length) throw new SyntaxError(`{{ ${text} }} is not understood after ${words[position - 1]}`);
  return value;
}

class Scope {
  readonly #parent: Scope | undefined;
  readonly #values = new Map<string, unknown>();

  constructor(parent: Scope | undefined, root?: unknown) {
    this.#parent = parent;
    if (parent === undefined) this.#values.set("$", root);
  }

  get(name: string): unknown {
    return this.#values.has(name) ? this.#values.get(name) : this.#parent?.get(name);
  }

  declare(name: string, value: unknown): void {
    this.#values.set(name, value);
  }

  assign(name: string, value: unknown): void {
    if (this.#parent === undefined || this.#values.has(name)) this.#values.set(name, value);
    else this.#parent.assign(name, value);
  }
}

interface Environment {
  readonly dot: unknown;
  readonly variables: Scope;
  readonly functions: TemplateFunctions;
}

function execute(nodes: readonly Node[], environment: Environment, output: string[]): void {
  const inner = (dot: unknown): Environment => ({ ...environment, dot, variables: new Scope(environment.variables) });
  for (const node of nodes) {
    switch (node.kind) {
      case "text":
        output.push(node.text);
        break;
      case "print":
        output.push(print(evaluate(node.value, environment)));
        break;
      case "assign": {
        const value = evaluate(node.value, environment);
        if (node.declare) environment.variables.declare(node.name, value);
        else environment.variables.assign(node.name, value);
        break;
      }
      case "if": {
        const branch = isTruthy(evaluate(node.value, environment)) ? node.then : node.otherwise;
        execute(branch, inner(environment.dot), output);
        break;
      }
      case "with": {
        const value = evaluate(node.value, environment);
        if (isTruthy(value)) execute(node.then, inner(value), output);
        else execute(node.otherwise, inner(environment.dot), output);
        break;
      }
      case "range": {
        const entries = entriesOf(evaluate(node.value, environment));
        for (const [key, value] of entries) {
          const scope = inner(value);
          const [first, second] = node.names;
          if (second !== undefined && first !== undefined) {
            scope.variables.declare(first, key);
            scope.variables.declare(second, value);
          } else if (first !== undefined) scope.variables.declare(first, value);
          execute(node.body, scope, output);
        }
        if (entries.length === 0) execute(node.otherwise, inner(environment.dot), output);
        break;
      }
    }
  }
}

function entriesOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (Array.isArray(value)) return [...value.entries()];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

function evaluate(expression: Expression, environment: Environment): unknown {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "path": {
      const base = expression.base === "." ? environment.dot : environment.variables.get(expression.base);
      return expression.fields.reduce(field, base);
    }
    case "fieldsOf":
      return expression.fields.reduce(field, evaluate(expression.value, environment));
    case "call": {
      const { name, args } = expression;
      if (!Object.hasOwn(environment.functions, name)) throw new SyntaxError(`no function is named ${name}`);
      return environment.functions[name]?.(...args.map((argument) => evaluate(argument, environment)));
    }
  }
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

function print(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const builtins: TemplateFunctions = {
  and: (...args) => args.find((value) => !isTruthy(value)) ?? args.at(-1),
  or: (...args) => args.find(isTruthy) ?? args.at(-1),
  not: (value) => !isTruthy(value),
  eq: (first, ...others) => others.some((other) => first === other),
  ne: (a, b) => a !== b,
  lt: (a, b) => Number(a) < Number(b),
  gt: (a, b) => Number(a) > Number(b),
  len: (value) => (typeof value === "string" ? value.length : entriesOf(value).length),
  default: (fallback, value) => (isTruthy(value) ? value : fallback),
  index: (value, ...keys) => keys.reduce((found: unknown, key) => field(found, String(key)), value),
  print: (...args) => args.map(print).join(""),
  printf: (format, ...args) => String(format).replace(/%[svdq]/g, (verb) => formatVerb(verb, args.shift())),
  Quote: (value) => JSON.stringify(print(value)),
  YAML: (value) => JSON.stringify(value ?? null),
};

const formatVerb = (verb: string, value: unknown) => (verb === "%q" ? JSON.stringify(print(value)) : print(value));
