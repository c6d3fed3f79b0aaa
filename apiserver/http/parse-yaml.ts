import {
  type Document,
  isCollection,
  isMap,
  isScalar,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  parseDocument,
  visit,
} from "yaml";
import type { DecodedBody } from "../registry/store.ts";
import { JsonSyntaxError } from "./json-strict.ts";

/** Deeper nesting is refused: the library recurses, and V8 ends the process when a regular expression finds no stack left. */
const maxDepth = 200;

/**
 * The first document of a YAML text as JSON. Aliases are expanded only so far, so that a small text cannot become a huge
 * value; a key that stands twice is reported as the whole message clients know, and the last one wins.
 *
 * @throws JsonSyntaxError
 */
export function parseYaml(bytes: Buffer): DecodedBody {
  const lines = new LineCounter();
  const text = bytes.toString("utf8");
  const first = firstDocument(text);
  refuseDeepNesting(first);
  const document = parseDocument(first, {
    lineCounter: lines,
    schema: "core",
    version: "1.2",
    uniqueKeys: false,
    stringKeys: true,
    intAsBigInt: true,
  });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = error.linePos?.[0].line;
    const message = (error.message.split("\n", 1)[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
    throw new JsonSyntaxError(
      `error converting YAML to JSON: yaml: ${line === undefined ? "" : `line ${line}: `}${message}`,
    );
  }
  refuseCycles(document);
  const duplicateFields = findDuplicates(document.contents, lines);
  return { value: plain(expanded(document)), duplicateFields };
}

/** Looks at the syntax only, which takes no recursion. @throws JsonSyntaxError */
function refuseDeepNesting(text: string): void {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _token of parser.next(lexeme)) {
      // What is complete is of no interest, only what is open.
    }
    if (parser.stack.length > maxDepth) {
      throw new JsonSyntaxError("error converting YAML to JSON: yaml: exceeded max depth");
    }
  }
}

/** An alias to what it stands in would be expanded without end. @throws JsonSyntaxError */
function refuseCycles(document: Document): void {
  visit(document, {
    Alias(_key, { source }, path) {
      if (path.some((around) => isCollection(around) && around.anchor === source)) {
        throw new JsonSyntaxError(`error converting YAML to JSON: yaml: anchor '${source}' value contains itself`);
      }
    },
  });
}

function expanded(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // Too many aliases, or one to nothing.
    if (error instanceof ReferenceError) {
      throw new JsonSyntaxError(`error converting YAML to JSON: yaml: ${error.message}`);
    }
    throw error;
  }
}

/** Only the first document counts; what follows a `---` line is another. */
function firstDocument(text: string): string {
  const body = text.startsWith("---") ? text.slice(3) : text;
  const end = body.search(/^---\s/m);
  return end < 0 ? text : body.slice(0, end);
}

function findDuplicates(contents: Node | null, lines: LineCounter): string[] {
  const found: string[] = [];
  if (contents === null) return found;
  visit(contents, (_key, node) => {
    if (!isMap(node)) return;
    const seen = new Set<string>();
    for (const { key } of node.items) {
      if (!isScalar(key)) continue;
      const name = String(key.value);
      if (seen.has(name)) {
        const { line } = lines.linePos(key.range?.[0] ?? 0);
        found.push(`line ${line}: key ${JSON.stringify(name)} already set in map`);
      }
      seen.add(name);
    }
  });
  return found;
}

/** Big integers become numbers where that loses nothing. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new JsonSyntaxError(`number ${value} cannot be represented exactly`);
    return number;
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new JsonSyntaxError(`error converting YAML to JSON: yaml: ${value} is no JSON number`);
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  const object: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    Object.defineProperty(object, key, { value: plain(item), writable: true, enumerable: true, configurable: true });
  }
  return object;
}
