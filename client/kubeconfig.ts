import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { isObject } from "../api/json.ts";

/** Where a server is, how to trust it, and who we are: all that a kubeconfig says about its current context. */
export interface ClientConfig {
  /** `https://host:port`, without a path. */
  readonly server: string;
  /** PEM. Absent: the system's authorities. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  /** Accept any server certificate. Default false. */
  readonly insecureSkipTlsVerify?: boolean;
  /** The name that the server's certificate must carry, where it is not the host's. */
  readonly tlsServerName?: string;
}

/** A file that says nothing usable about a server and who we are; the message names it. */
export class KubeconfigError extends Error {
  override readonly name = "KubeconfigError";
}

/**
 * Reads the current context (or the one named) of a kubeconfig file; relative file names in it are relative to it.
 * @throws KubeconfigError that names the file and what is missing or malformed; Node's error when it cannot be read
 */
export function loadKubeconfig(file: string, options: { context?: string } = {}): ClientConfig {
  const folder = dirname(file);
  const text = readFileSync(file, "utf8");
  try {
    return parseKubeconfig(text, { ...options, readFile: (name) => readFileSync(resolve(folder, name), "utf8") });
  } catch (cause) {
    // A parser shows the place in further lines.
    const reason = (cause instanceof Error ? cause.message : String(cause)).split("\n")[0];
    throw new KubeconfigError(`kubeconfig ${file}: ${reason}`, { cause });
  }
}

interface ParseOptions {
  readonly context?: string;
  readonly readFile: (name: string) => string;
}

/** {@link loadKubeconfig} on text. */
export function parseKubeconfig(text: string, options: ParseOptions): ClientConfig {
  const root = record(parse(text), "the document");
  const contextName = options.context ?? string(root["current-context"]);
  if (contextName === undefined || contextName === "") throw new Error("current-context is not set");
  const context = named(root, "contexts", "context", contextName);
  const cluster = named(root, "clusters", "cluster", string(context["cluster"]) ?? "");
  const userName = string(context["user"]);
  const user = userName === undefined || userName === "" ? {} : named(root, "users", "user", userName);

  const server = string(cluster["server"]);
  if (server === undefined) throw new Error("the cluster has no server");
  const pem = (entry: Record<string, unknown>, field: string) => embeddedOrFile(entry, field, options.readFile);
  const ca = pem(cluster, "certificate-authority");
  const cert = pem(user, "client-certificate");
  const key = pem(user, "client-key");
  const tokenFile = string(user["tokenFile"]);
  const token = tokenFile === undefined ? string(user["token"]) : options.readFile(tokenFile).trim();
  const tlsServerName = string(cluster["tls-server-name"]);
  return {
    server: server.replace(/\/+$/, ""),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(token !== undefined && { token }),
    ...(cluster["insecure-skip-tls-verify"] === true && { insecureSkipTlsVerify: true }),
    ...(tlsServerName !== undefined && { tlsServerName }),
  };
}

function embeddedOrFile(entry: Record<string, unknown>, field: string, readFile: (name: string) => string) {
  const data = string(entry[`${field}-data`]);
  if (data !== undefined) return Buffer.from(data, "base64").toString("utf8");
  const file = string(entry[field]);
  return file === undefined ? undefined : readFile(file);
}

function named(root: Record<string, unknown>, list: string, field: string, name: string): Record<string, unknown> {
  const entries = Array.isArray(root[list]) ? root[list] : [];
  const found = entries.find((entry) => isObject(entry) && entry["name"] === name);
  if (found === undefined) throw new Error(`${list} has no entry named ${JSON.stringify(name)}`);
  return record(found[field], `${list}[${name}].${field}`);
}

const string = (value: unknown) => (typeof value === "string" ? value : undefined);

function record(value: unknown, what: string): Record<string, unknown> {
  if (!isObject(value)) throw new Error(`${what} is not a mapping`);
  return value;
}
