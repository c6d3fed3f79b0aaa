import type { RestClient } from "../../client/rest-client.ts";
import type { Clock } from "../../component-base/clock.ts";

const timeoutMs = 5_000;

/**
 * Whether the API server says that it is ready. While it is not, nodes cannot be heard, and their silence is not theirs.
 * (Upstream's controller manager loses its Lease then and ends; the next one gives every node a fresh grace period.)
 */
export async function isApiReady(
  { client, clock }: { client: Pick<RestClient, "raw">; clock: Clock },
  signal: AbortSignal,
): Promise<boolean> {
  const tooLong = new AbortController();
  const timer = clock.setTimer(timeoutMs, () => tooLong.abort(new Error("no answer in time")));
  try {
    await client.raw("GET", "/readyz", { signal: AbortSignal.any([signal, tooLong.signal]) });
    return true;
  } catch {
    // Whatever it says instead of `ok`, and however it fails: it is not ready.
    return false;
  } finally {
    timer.cancel();
  }
}
