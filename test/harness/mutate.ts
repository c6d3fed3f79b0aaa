const pick = <T>(items: readonly T[], random: () => number): T => items[Math.floor(random() * items.length)] as T;

const nested = (open: string, close: string, levels: number) => `${open.repeat(levels)}1${close.repeat(levels)}`;

/** JSON texts that stand where something else was expected; some of them are no JSON. */
const strangeTexts: readonly string[] = [
  "null",
  "true",
  "0",
  "-1",
  "1.5",
  "1e400",
  "-0",
  "9223372036854775808",
  "12345678901234567890123",
  "4294967296",
  "NaN",
  "Infinity",
  "undefined",
  '"NaN"',
  '""',
  '"\\u0000\\u001b[31m"',
  '"\\ud800"',
  '"\u0007"',
  '"../../x"',
  '"%2f"',
  `"${"x".repeat(5000)}"`,
  "[]",
  "{}",
  "[null]",
  "[[]]",
  "[{}]",
  '[{"name":null}]',
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"":1}',
  '{"a":1,"a":2}',
  '{"$patch":"delete"}',
  '[{"$patch":"replace"}]',
  '{"$setElementOrder/containers":[1]}',
  '{"$retainKeys":[null]}',
  nested("[", "]", 10_000),
  nested('{"a":', "}", 10_000),
];

const strangeKeys = ["__proto__", "constructor", "toString", "$patch", "", "a/b", "\u0000", "length", "0"];

/** A valid object as JSON text with one to three things wrong with it, or none by chance. */
export function mutated(object: unknown, random: () => number): string {
  const copy = structuredClone(object);
  const texts: string[] = [];
  const places = placesIn(copy);
  for (let count = 1 + Math.floor(random() * 3); count > 0 && places.length > 0; count--) {
    const { holder, key } = pick(places, random);
    const draw = random();
    if (draw < 0.15) delete holder[key];
    else if (draw < 0.25) holder[key] = [holder[key]];
    else if (draw < 0.35) holder[key] = { [pick(strangeKeys, random)]: holder[key] };
    else if (draw < 0.45 && !Array.isArray(holder))
      Object.defineProperty(holder, pick(strangeKeys, random), own(holder[key]));
    else {
      holder[key] = `@@${texts.length}@@`;
      texts.push(pick(strangeTexts, random));
    }
  }
  const text = JSON.stringify(copy).replace(/"@@(\d+)@@"/g, (_, index: string) => texts[Number(index)] ?? "null");
  return random() < 0.05 ? text.slice(0, Math.floor(random() * text.length)) : text;
}

const own = (value: unknown) => ({ value, enumerable: true, configurable: true, writable: true });

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== "object" || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])]);
}
