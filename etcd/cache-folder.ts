import { homedir } from "node:os";
import { join } from "node:path";

/** Where downloads are kept between planes: `$XDG_CACHE_HOME/gatehouse`, else `~/.cache/gatehouse`. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  return join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "gatehouse");
}
