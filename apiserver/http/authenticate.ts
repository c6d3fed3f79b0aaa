import type { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { unauthorized } from "../../api/status.ts";
import type { UserInfo } from "./request-context.ts";

/** Turns credentials into users. */
export interface Authenticator {
  /** undefined: nobody is named by the certificate, or TLS did not verify it. */
  fromCertificate(certificate: X509Certificate, verified: boolean): UserInfo | undefined;
  /** @throws StatusError 401 */
  fromBearer(token: string, signal: AbortSignal): Promise<UserInfo>;
  readonly anonymous: UserInfo;
}

type Identity =
  | { readonly kind: "user"; readonly user: UserInfo }
  /** A certificate was offered that is not good. */
  | { readonly kind: "bad" }
  | { readonly kind: "none" };

/** Who is at the other end: a connection's certificate is read once, however many requests it carries. */
export class Authentication {
  readonly #authenticator: Authenticator;
  readonly #identities = new WeakMap<object, Identity>();

  constructor(authenticator: Authenticator) {
    this.#authenticator = authenticator;
  }

  get anonymous(): UserInfo {
    return this.#authenticator.anonymous;
  }

  /**
   * Certificate first, then bearer token; without either, anonymous.
   * @throws StatusError 401 for a credential that is not good
   */
  identify(request: IncomingMessage, signal: () => AbortSignal): UserInfo | Promise<UserInfo> {
    const identity = this.#ofConnection(request);
    if (identity.kind === "user") return identity.user;
    const token = bearerToken(request.headers.authorization);
    if (token !== undefined) return this.#authenticator.fromBearer(token, signal());
    if (identity.kind === "bad") throw unauthorized();
    return this.#authenticator.anonymous;
  }

  #ofConnection({ socket }: IncomingMessage): Identity {
    const known = this.#identities.get(socket);
    if (known !== undefined) return known;
    const identity = socket instanceof TLSSocket ? this.#ofCertificate(socket) : nobody;
    this.#identities.set(socket, identity);
    return identity;
  }

  #ofCertificate(socket: TLSSocket): Identity {
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) return nobody;
    const user = this.#authenticator.fromCertificate(certificate, socket.authorized);
    return user === undefined ? { kind: "bad" } : { kind: "user", user };
  }
}

const nobody: Identity = { kind: "none" };

function bearerToken(header: string | undefined): string | undefined {
  if (header === undefined || header.length < 8 || header.slice(0, 7).toLowerCase() !== "bearer ") return undefined;
  const token = header.slice(7).trim();
  return token === "" ? undefined : token;
}
