import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomUUID } from "node:crypto";
import { decodeProtectedHeader, errors, exportJWK, type JWK, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { Clock } from "../../component-base/clock.ts";
import type { UserInfo } from "../http/request-context.ts";
import { withAuthenticated } from "./certificates.ts";

/** What a token is bound to besides its ServiceAccount. */
export interface TokenBinding {
  readonly kind: "Pod" | "Secret" | "Node";
  readonly name: string;
  readonly uid: string;
  /** Only with a Pod that has been scheduled. */
  readonly node?: { readonly name: string; readonly uid: string };
}

export interface TokenRequest {
  readonly namespace: string;
  readonly serviceAccount: { readonly name: string; readonly uid: string };
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  readonly binding?: TokenBinding;
}

/** The private claims of a ServiceAccount token, as far as verification needs them. */
interface KubernetesClaims {
  namespace: string;
  serviceaccount: { name: string; uid: string };
  pod?: { name: string; uid: string };
  node?: { name: string; uid: string };
  secret?: { name: string; uid: string };
}

/** Says whether an object of that name and uid exists and may still vouch for a token. */
export interface BoundObjects {
  isLive(
    reference: {
      resource: "serviceaccounts" | "pods" | "secrets" | "nodes";
      namespace: string;
      name: string;
      uid: string;
    },
    options: { signal: AbortSignal },
  ): Promise<boolean>;
}

export type TokenVerdict =
  | { readonly kind: "user"; readonly user: UserInfo; readonly audiences: readonly string[] }
  | { readonly kind: "invalid"; readonly error: string };

interface VerificationKey {
  readonly id: string;
  readonly algorithm: "RS256" | "ES256";
  readonly key: KeyObject;
}

/**
 * Signs and verifies ServiceAccount JWTs.
 * @see kubernetes v1.36.3 pkg/serviceaccount/claims.go, jwt.go
 */
export class ServiceAccountTokens {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly #signing: VerificationKey & { readonly privateKey: KeyObject };
  readonly #keys: readonly VerificationKey[];
  readonly #objects: BoundObjects;
  readonly #clock: Clock;

  /**
   * @param options.signingKey - PEM of the private key, RSA or EC P-256
   * @param options.verificationKeys - PEMs of further public or private keys whose tokens are still accepted
   * @param options.audiences - of this API server; default: the issuer
   */
  constructor(options: {
    issuer: string;
    audiences?: readonly string[];
    signingKey: string;
    verificationKeys?: readonly string[];
    objects: BoundObjects;
    clock: Clock;
  }) {
    const privateKey = createPrivateKey(options.signingKey);
    this.issuer = options.issuer;
    this.audiences = options.audiences ?? [options.issuer];
    this.#signing = { ...verificationKey(createPublicKey(privateKey)), privateKey };
    this.#keys = [
      this.#signing,
      ...(options.verificationKeys ?? []).map((pem) => verificationKey(createPublicKey(pem))),
    ];
    this.#objects = options.objects;
    this.#clock = options.clock;
  }

  /** A signed token and when it ends, ms since the epoch. */
  async issue(request: TokenRequest): Promise<{ token: string; expiresMs: number }> {
    const issuedAt = Math.floor(this.#clock.now() / 1000);
    const expiresAt = issuedAt + request.expirationSeconds;
    const { binding } = request;
    const bound =
      binding === undefined ? {} : { [binding.kind.toLowerCase()]: { name: binding.name, uid: binding.uid } };
    const node = binding?.node === undefined ? {} : { node: binding.node };
    const token = await new SignJWT({
      "kubernetes.io": {
        namespace: request.namespace,
        serviceaccount: request.serviceAccount,
        ...bound,
        ...node,
      },
    })
      .setProtectedHeader({ alg: this.#signing.algorithm, kid: this.#signing.id })
      .setIssuer(this.issuer)
      .setSubject(`system:serviceaccount:${request.namespace}:${request.serviceAccount.name}`)
      .setAudience([...request.audiences])
      .setIssuedAt(issuedAt)
      .setNotBefore(issuedAt)
      .setExpirationTime(expiresAt)
      .setJti(randomUUID())
      .sign(this.#signing.privateKey);
    return { token, expiresMs: expiresAt * 1000 };
  }

  /** Never throws for a bad token: it is data from outside. `audiences` default to this server's own. */
  async verify(token: string, options: { audiences?: readonly string[]; signal: AbortSignal }): Promise<TokenVerdict> {
    const wanted = options.audiences ?? this.audiences;
    const payload = await this.#verifySignature(token, wanted);
    if (typeof payload === "string") return { kind: "invalid", error: payload };
    const claims = kubernetesClaims(payload);
    if (claims === undefined) return { kind: "invalid", error: "invalid bearer token" };
    const dead = await this.#firstDeadReference(claims, options.signal);
    if (dead !== undefined) return { kind: "invalid", error: dead };
    const said = typeof payload.aud === "string" ? [payload.aud] : (payload.aud ?? []);
    return { kind: "user", user: tokenUser(claims, payload), audiences: wanted.filter((item) => said.includes(item)) };
  }

  /** The public keys as a JSON Web Key Set, for /openid/v1/jwks. */
  async jwks(): Promise<{ keys: JWK[] }> {
    const keys = this.#keys.map(async ({ id, algorithm, key }) => ({
      use: "sig",
      kid: id,
      alg: algorithm,
      ...(await exportJWK(key)),
    }));
    return { keys: await Promise.all(keys) };
  }

  async #verifySignature(token: string, audiences: readonly string[]): Promise<JWTPayload | string> {
    try {
      const { kid } = decodeProtectedHeader(token);
      const key = this.#keys.find((candidate) => candidate.id === kid);
      if (key === undefined) return "invalid bearer token";
      const { payload } = await jwtVerify(token, key.key, {
        issuer: this.issuer,
        audience: [...audiences],
        algorithms: [key.algorithm],
        currentDate: new Date(this.#clock.now()),
        clockTolerance: 10,
      });
      return payload;
    } catch (error) {
      // Not even of the form of a token.
      if (error instanceof TypeError) return "invalid bearer token";
      if (error instanceof errors.JOSEError) return `invalid bearer token: ${error.message}`;
      throw error;
    }
  }

  async #firstDeadReference(claims: KubernetesClaims, signal: AbortSignal): Promise<string | undefined> {
    const { namespace, serviceaccount, pod, secret, node } = claims;
    const references = [
      { resource: "serviceaccounts" as const, namespace, ...serviceaccount },
      ...(pod === undefined ? [] : [{ resource: "pods" as const, namespace, ...pod }]),
      ...(secret === undefined ? [] : [{ resource: "secrets" as const, namespace, ...secret }]),
      // A node named beside a Pod only informs; alone it is what the token is bound to.
      ...(node === undefined || pod !== undefined ? [] : [{ resource: "nodes" as const, namespace: "", ...node }]),
    ];
    for (const reference of references) {
      if (!(await this.#objects.isLive(reference, { signal }))) return "service account token has been invalidated";
    }
    return undefined;
  }
}

/** kid = base64url of the SHA-256 of the public key in PKIX DER form. */
function verificationKey(key: KeyObject): VerificationKey {
  const id = createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("base64url");
  return { id, algorithm: key.asymmetricKeyType === "rsa" ? "RS256" : "ES256", key };
}

function isNamed(value: unknown): value is { name: string; uid: string } {
  if (typeof value !== "object" || value === null) return false;
  const { name, uid } = value as { name?: unknown; uid?: unknown };
  return typeof name === "string" && typeof uid === "string";
}

function kubernetesClaims(payload: JWTPayload): KubernetesClaims | undefined {
  const claims = payload["kubernetes.io"];
  if (typeof claims !== "object" || claims === null) return undefined;
  const { namespace, serviceaccount, pod, node, secret } = claims as Record<string, unknown>;
  if (typeof namespace !== "string" || !isNamed(serviceaccount)) return undefined;
  if (payload.sub !== `system:serviceaccount:${namespace}:${serviceaccount.name}`) return undefined;
  for (const bound of [pod, node, secret]) if (bound !== undefined && !isNamed(bound)) return undefined;
  return {
    namespace,
    serviceaccount,
    ...(isNamed(pod) && { pod }),
    ...(isNamed(node) && { node }),
    ...(isNamed(secret) && { secret }),
  };
}

function tokenUser(claims: KubernetesClaims, payload: JWTPayload): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims;
  const extra: Record<string, string[]> = {};
  const put = (key: string, value: string | undefined) => {
    if (value !== undefined) extra[`authentication.kubernetes.io/${key}`] = [value];
  };
  put("pod-name", pod?.name);
  put("pod-uid", pod?.uid);
  put("node-name", node?.name);
  put("node-uid", node?.uid);
  put("credential-id", payload.jti === undefined ? undefined : `JTI=${payload.jti}`);
  return {
    name: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    uid: serviceaccount.uid,
    groups: withAuthenticated(["system:serviceaccounts", `system:serviceaccounts:${namespace}`]),
    extra,
  };
}
