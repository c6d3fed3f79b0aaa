import type { Kind } from "../../../api/kind.ts";
import { type ApiObject, nameOf, namespaceOf } from "../../../api/meta.ts";
import { badRequest } from "../../../api/status.ts";
import type { Predicate } from "../../storage/storage.ts";

interface Term {
  readonly field: string;
  readonly value: string;
  readonly equal: boolean;
}

export interface FieldSelector {
  readonly matches: Predicate;
  /** The one name or namespace that can match, where the selector says so. */
  readonly name: string | undefined;
  readonly namespace: string | undefined;
}

/**
 * `a=b`, `a==b`, `a!=b`, joined by commas; `\` escapes.
 * @throws StatusError 400 for bad syntax and for fields that the kind does not offer
 * @see k8s.io/apimachinery v0.36.0 pkg/fields/selector.go
 */
export function parseFieldSelector(text: string, kind: Kind): FieldSelector {
  // A term without field and value asks for nothing.
  const terms = splitTerms(text)
    .map(parseTerm)
    .filter(({ field, value }) => field !== "" || value !== "");
  const readers = terms.map((term) => ({ ...term, read: reader(kind, term.field) }));
  const exact = (field: string) => terms.find((term) => term.equal && term.field === field)?.value;
  return {
    matches: (object) => readers.every(({ read, value, equal }) => (read(object) === value) === equal),
    name: exact("metadata.name"),
    namespace: exact("metadata.namespace"),
  };
}

function reader(kind: Kind, field: string): (object: Readonly<ApiObject>) => string {
  if (field === "metadata.name") return nameOf;
  if (field === "metadata.namespace" && kind.scope === "Namespaced") return namespaceOf;
  if (Object.hasOwn(kind.selectableFields, field)) {
    return kind.selectableFields[field] as (object: Readonly<ApiObject>) => string;
  }
  if (Object.keys(kind.selectableFields).length > 0) throw badRequest(`field label not supported: ${field}`);
  const known = kind.scope === "Namespaced" ? `"metadata.name", "metadata.namespace"` : `"metadata.name"`;
  throw badRequest(`${JSON.stringify(field)} is not a known field selector: only ${known}`);
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === "\\") index++;
    else if (text[index] === ",") {
      terms.push(text.slice(start, index));
      start = index + 1;
    }
  }
  terms.push(text.slice(start));
  return terms.filter((term) => term !== "");
}

function parseTerm(term: string): Term {
  for (let index = 0; index < term.length; index++) {
    if (term[index] === "\\") {
      index++;
      continue;
    }
    const operator = ["!=", "==", "="].find((candidate) => term.startsWith(candidate, index));
    if (operator === undefined) continue;
    const value = unescaped(term.slice(index + operator.length));
    return { field: term.slice(0, index), value, equal: operator !== "!=" };
  }
  throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
}

function unescaped(value: string): string {
  let result = "";
  for (let index = 0; index < value.length; index++) {
    const character = value[index] ?? "";
    if (character === "\\") {
      const next = value[++index] ?? "";
      if (next !== "\\" && next !== "," && next !== "=") {
        throw badRequest(`invalid field selector: invalid escape sequence: \\${next}`);
      }
      result += next;
    } else if (character === "=" || character === ",") {
      throw badRequest(`invalid field selector: unescaped character in value: ${character.charCodeAt(0)}`);
    } else {
      result += character;
    }
  }
  return result;
}
