const maxTotalRunes = 4096;
const maxTextRunes = 256;

/**
 * Values of the Warning headers for `texts`. Once they pass 4096 runes in all, each is cut to 256 runes and
 * what comes after is dropped.
 * @see https://github.com/kubernetes/apiserver/blob/v0.36.0/pkg/endpoints/filters/warning.go
 */
export function warningHeaders(texts: Iterable<string>): string[] {
  const all = [...texts].map((text) => clean(text)).filter((text) => text !== "");
  const total = all.reduce((sum, text) => sum + runes(text), 0);
  if (total <= maxTotalRunes) return all.map(header);
  const headers: string[] = [];
  let used = 0;
  for (const text of all) {
    if (used >= maxTotalRunes) break;
    const cut = runes(text) > maxTextRunes ? [...text].slice(0, maxTextRunes).join("") : text;
    used += runes(cut);
    headers.push(header(cut));
  }
  return headers;
}

const runes = (text: string) => [...text].length;

/** Header bytes are Latin-1 in Node: what is not is sent as its UTF-8 bytes. */
function header(text: string): string {
  const quoted = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return `299 - "${Buffer.from(quoted, "utf8").toString("latin1")}"`;
}

function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a header
  return text.replaceAll(/[\u0000-\u001f\u007f]+/g, " ").trim();
}
