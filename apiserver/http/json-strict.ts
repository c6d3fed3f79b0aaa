/** What a strict reading of JSON finds beyond its value. */
export interface StrictJson {
  readonly value: unknown;
  /** Paths of keys that stood twice in one object, each once. The last one won. */
  readonly duplicateFields: readonly string[];
}

/** Text that is no JSON, nested too deeply, or holds a number that cannot be kept; the message is the one Go's decoder has. */
export class JsonSyntaxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "JsonSyntaxError";
  }
}

/** Deeper nesting is refused. */
export const maxJsonDepth = 1000;

/**
 * Reads JSON slowly and exactly: with the paths of duplicate keys, without losing integers, with errors that say where
 * it went wrong. `JSON.parse` does the work as long as {@link scanJson} finds nothing suspicious.
 *
 * @throws JsonSyntaxError
 */
export function parseStrictJson(text: string): StrictJson {
  const reader = new Reader(text);
  const value = reader.document();
  return { value, duplicateFields: [...reader.duplicates] };
}

class Reader {
  readonly duplicates = new Set<string>();
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): unknown {
    const value = this.#value("");
    this.#space();
    if (this.#at < this.#text.length) this.#unexpected("after top-level value");
    return value;
  }

  #value(path: string): unknown {
    this.#space();
    const char = this.#text[this.#at];
    switch (char) {
      case "{":
        return this.#object(path);
      case "[":
        return this.#array(path);
      case '"':
        return this.#string();
      case "t":
        return this.#literal("true", true);
      case "f":
        return this.#literal("false", false);
      case "n":
        return this.#literal("null", null);
      default:
        if (char !== undefined && (char === "-" || isDigit(char))) return this.#number(path);
        return this.#unexpected("looking for beginning of value");
    }
  }

  #object(path: string): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#enter();
    this.#space();
    if (this.#take("}")) return this.#leave(object);
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#unexpected("looking for beginning of object key string");
      const key = this.#string();
      const field = path === "" ? key : `${path}.${key}`;
      if (Object.hasOwn(object, key)) this.duplicates.add(field);
      this.#space();
      if (!this.#take(":")) this.#unexpected("after object key");
      const value = this.#value(field);
      // A plain assignment to __proto__ would set the prototype.
      Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
      this.#space();
      if (this.#take("}")) return this.#leave(object);
      if (!this.#take(",")) this.#unexpected("after object key:value pair");
    }
  }

  #array(path: string): unknown[] {
    const array: unknown[] = [];
    this.#enter();
    this.#space();
    if (this.#take("]")) return this.#leave(array);
    for (;;) {
      array.push(this.#value(`${path}[${array.length}]`));
      this.#space();
      if (this.#take("]")) return this.#leave(array);
      if (!this.#take(",")) this.#unexpected("after array element");
    }
  }

  #enter(): void {
    this.#at++;
    if (++this.#depth > maxJsonDepth) throw new JsonSyntaxError("exceeded max depth");
  }

  #leave<T>(value: T): T {
    this.#depth--;
    return value;
  }

  #string(): string {
    const start = this.#at++;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) this.#unexpected("");
      if (char === '"') break;
      if (char < " ") this.#unexpected("in string literal");
      this.#at++;
      if (char === "\\") this.#escape();
    }
    this.#at++;
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #escape(): void {
    const char = this.#text[this.#at];
    if (char === undefined || !'"\\/bfnrtu'.includes(char)) this.#unexpected("in string escape code");
    this.#at++;
    if (char !== "u") return;
    for (let digit = 0; digit < 4; digit++, this.#at++) {
      if (!/^[0-9a-fA-F]$/.test(this.#text[this.#at] ?? "")) this.#unexpected("in \\u hexadecimal character escape");
    }
  }

  #literal<T>(word: string, value: T): T {
    for (let index = 0; index < word.length; index++, this.#at++) {
      if (this.#text[this.#at] !== word[index]) this.#unexpected(`in literal ${word} (expecting '${word[index]}')`);
    }
    return value;
  }

  #number(path: string): number {
    const start = this.#at;
    if (this.#take("-") && !isDigit(this.#text[this.#at])) this.#unexpected("in numeric literal");
    if (!this.#take("0")) this.#digits();
    let integer = true;
    if (this.#take(".")) {
      integer = false;
      if (!isDigit(this.#text[this.#at])) this.#unexpected("after decimal point in numeric literal");
      this.#digits();
    }
    if (this.#take("e") || this.#take("E")) {
      integer = false;
      if (!this.#take("+")) this.#take("-");
      if (!isDigit(this.#text[this.#at])) this.#unexpected("in exponent of numeric literal");
      this.#digits();
    }
    const text = this.#text.slice(start, this.#at);
    const value = Number(text);
    if (!Number.isFinite(value) || (integer && !Number.isSafeInteger(value))) {
      throw new JsonSyntaxError(`number ${text}${path === "" ? "" : ` at ${path}`} cannot be represented exactly`);
    }
    return value;
  }

  #digits(): void {
    while (isDigit(this.#text[this.#at])) this.#at++;
  }

  #space(): void {
    for (;;) {
      const char = this.#text[this.#at];
      if (char !== " " && char !== "\n" && char !== "\t" && char !== "\r") return;
      this.#at++;
    }
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #unexpected(where: string): never {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) throw new JsonSyntaxError("unexpected end of JSON input");
    throw new JsonSyntaxError(`invalid character ${quoteCharacter(String.fromCodePoint(code))} ${where}`);
  }
}

const isDigit = (char: string | undefined) => char !== undefined && char >= "0" && char <= "9";

function quoteCharacter(char: string): string {
  if (char === "'") return "'\\''";
  if (char === '"') return "'\"'";
  return `'${JSON.stringify(char).slice(1, -1)}'`;
}
