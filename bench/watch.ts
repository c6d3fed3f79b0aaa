import { type Target, userAgent } from "./target.ts";

export interface LineWatch {
  /** Every event since the watch was opened, one JSON document each; ends after `stop`. */
  readonly lines: AsyncIterable<string>;
  stop(): void;
}

/**
 * Watches a collection from now on, through as many streams as it takes: a server may end a slow one, and it goes on from the
 * last resourceVersion seen. Resolves when the first stream is open.
 */
export async function openLineWatch(target: Target, path: string): Promise<LineWatch> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const headers = { accept: "application/json", "user-agent": userAgent };
  const list = await target.request("GET", `${path}?limit=1`);
  let revision = revisionIn(list.body.toString("utf8"));
  const open = () =>
    target.transport.stream({ method: "GET", path: `${path}?watch=true&resourceVersion=${revision}`, headers, signal });
  let stream = await open();

  async function* lines(): AsyncGenerator<string> {
    for (;;) {
      let rest = "";
      try {
        for await (const chunk of stream.body) {
          const complete = (rest + chunk.toString("utf8")).split("\n");
          rest = complete.pop() ?? "";
          for (const line of complete) {
            revision = revisionIn(line) ?? revision;
            yield line;
          }
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
      if (signal.aborted) return;
      stream = await open();
    }
  }
  return { lines: lines(), stop: () => stopping.abort() };
}

function revisionIn(text: string): string | undefined {
  return /"resourceVersion":"(\d+)"/.exec(text)?.[1];
}
