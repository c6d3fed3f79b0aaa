import { buildConnector } from "undici";

/**
 * Opens connections a few at a time. A burst of calls would otherwise shake as many hands at once as there may be
 * connections, each at the full price; behind the first few, the others resume the TLS session that those have made.
 */
export function gatedConnector(options: buildConnector.BuildOptions, atOnce: number): buildConnector.connector {
  const connect = buildConnector(options);
  const waiting: (() => void)[] = [];
  let opening = 0;

  const open: buildConnector.connector = (target, callback) => {
    opening++;
    connect(target, (...outcome: buildConnector.CallbackArgs) => {
      opening--;
      waiting.shift()?.();
      callback(...outcome);
    });
  };
  return (target, callback) => {
    if (opening < atOnce) open(target, callback);
    else waiting.push(() => open(target, callback));
  };
}
