import type { X509Certificate } from "node:crypto";
import { unauthorized } from "../../api/status.ts";
import type { Clock } from "../../component-base/clock.ts";
import type { UserInfo } from "../http/request-context.ts";
import { certificateIdentity } from "./certificates.ts";
import type { ServiceAccountTokens } from "./service-account-tokens.ts";

/** Turns a credential into a user. */
export interface Authenticator {
  /** undefined: a certificate that TLS did not verify, or one without a CN. Call it once per connection. */
  fromCertificate(certificate: X509Certificate, verified: boolean): UserInfo | undefined;
  /** @throws StatusError 401 for a token that is not good */
  fromBearer(token: string, signal: AbortSignal): Promise<UserInfo>;
  /** Whoever offered no credential. */
  readonly anonymous: UserInfo;
}

const anonymous: UserInfo = { name: "system:anonymous", groups: ["system:unauthenticated"], extra: {} };

/** A good token is good for this long without being looked at again. @see kubernetes v1.36.3 pkg/kubeapiserver/authenticator/config.go */
const rememberMs = 10_000;
const rememberedTokens = 4096;

export function createAuthenticator(deps: { tokens: ServiceAccountTokens; clock: Clock }): Authenticator {
  const remembered = new Map<string, { user: UserInfo; untilMs: number }>();
  return {
    anonymous,
    fromCertificate(certificate, verified) {
      return verified ? certificateIdentity(certificate) : undefined;
    },
    async fromBearer(token, signal) {
      const nowMs = deps.clock.monotonicMs();
      const known = remembered.get(token);
      if (known !== undefined && known.untilMs > nowMs) return known.user;
      remembered.delete(token);
      const verdict = await deps.tokens.verify(token, { signal });
      if (verdict.kind === "invalid") throw unauthorized();
      const oldest = remembered.size >= rememberedTokens ? remembered.keys().next().value : undefined;
      if (oldest !== undefined) remembered.delete(oldest);
      remembered.set(token, { user: verdict.user, untilMs: nowMs + rememberMs });
      return verdict.user;
    },
  };
}
