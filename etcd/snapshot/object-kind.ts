/**
 * What a key is about, from the way Kubernetes lays keys out: `pods` of `/registry/pods/default/web`, and one word more where
 * the first is a group (`stable.example.com/crontabs`) or holds several kinds (`services/specs`). Undefined for a key that does
 * not lie below the prefix.
 */
export function objectKind(key: string, prefix: string): string | undefined {
  const start = prefix.endsWith("/") ? prefix : `${prefix}/`;
  if (!key.startsWith(start)) return undefined;
  const [first = "", second] = key.slice(start.length).split("/", 2);
  const hasTwo = first === "services" || first.includes(".");
  return hasTwo && second !== undefined ? `${first}/${second}` : first;
}
