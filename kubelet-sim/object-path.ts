/** Finds values in an object. */
export type ObjectPath = (root: unknown) => readonly unknown[];

/**
 * Compiles the part of jq that stage files use: `.a.b`, `.a["x/y"]`, `.a.[]`, and `| select(.type == "Ready") | .status`.
 * A path that leads nowhere finds nothing; neither does one that leads to null.
 * @throws SyntaxError that quotes the expression
 */
export function compileObjectPath(expression: string): ObjectPath {
  const steps = splitPipes(expression).map((part) => compileStep(part.trim(), expression));
  return (root) => steps.reduce<readonly unknown[]>((values, step) => values.flatMap(step), [root]);
}

type Step = (value: unknown) => readonly unknown[];

function splitPipes(expression: string): string[] {
  return expression.split(/\|(?=(?:[^"]*"[^"]*")*[^"]*$)/);
}

const selectPattern = /^select\(\s*(.+?)\s*(==|!=)\s*"([^"]*)"\s*\)$/;
const segmentPattern = /^\.?(?:\[\]|\["([^"]*)"\]|\[(\d+)\]|([A-Za-z_][\w-]*))/;

function compileStep(text: string, expression: string): Step {
  const select = selectPattern.exec(text);
  if (select !== null) {
    const [, inner = "", operator, wanted] = select;
    const path = compileObjectPath(inner);
    return (value) => {
      const equal = path(value).some((found) => found === wanted);
      return equal === (operator === "==") ? [value] : [];
    };
  }
  if (text === ".") return (value) => [value];
  const segments: Step[] = [];
  let rest = text;
  while (rest !== "") {
    const match = segmentPattern.exec(rest);
    if (match === null || !text.startsWith(".")) throw new SyntaxError(`not understood in ${expression}: ${rest}`);
    const [whole, quoted, index, plain] = match;
    const key = quoted ?? index ?? plain;
    segments.push(key === undefined ? elements : (value) => member(value, key));
    rest = rest.slice(whole.length);
  }
  return (value) => segments.reduce<readonly unknown[]>((values, step) => values.flatMap(step), [value]);
}

const elements: Step = (value) => (Array.isArray(value) ? value : []);

function member(value: unknown, key: string): readonly unknown[] {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return [];
  const found = (value as Readonly<Record<string, unknown>>)[key];
  return found === undefined || found === null ? [] : [found];
}
