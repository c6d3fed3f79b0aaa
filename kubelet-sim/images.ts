import { hexDigest, unitHash } from "./hash.ts";

/** `nginx` → `docker.io/library/nginx:latest`: the name that container runtimes report. */
export function canonicalImage(image: string): string {
  const slash = image.indexOf("/");
  const first = slash < 0 ? "" : image.slice(0, slash);
  const hasRegistry = first.includes(".") || first.includes(":") || first === "localhost";
  const named = hasRegistry ? image : `docker.io/${slash < 0 ? "library/" : ""}${image}`;
  const hasTag = named.includes("@") || named.lastIndexOf(":") > named.lastIndexOf("/");
  return hasTag ? named : `${named}:latest`;
}

/** A made-up digest, the same for the same image: `docker.io/library/nginx@sha256:…`. */
export function imageId(image: string): string {
  const canonical = canonicalImage(image);
  if (canonical.includes("@")) return canonical;
  return `${canonical.slice(0, canonical.lastIndexOf(":"))}@sha256:${hexDigest(canonical)}`;
}

/** A made-up size between 10 and 250 MB, the same for the same image. */
export const imageSizeBytes = (image: string) => 10_000_000 + Math.floor(unitHash(canonicalImage(image)) * 240_000_000);
