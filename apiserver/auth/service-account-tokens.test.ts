import { generateKeyPairSync } from "node:crypto";
import { decodeJwt } from "jose";
import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../component-base/virtual-clock.ts";
import { type BoundObjects, ServiceAccountTokens } from "./service-account-tokens.ts";

const signal = new AbortController().signal;

function setUp(options: { dead?: readonly string[] } = {}) {
  const clock = new VirtualClock();
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signingKey = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const objects: BoundObjects = { isLive: async ({ resource }) => !options.dead?.includes(resource) };
  const tokens = new ServiceAccountTokens({ issuer: "https://kubernetes.default.svc", signingKey, objects, clock });
  const request = {
    namespace: "a",
    serviceAccount: { name: "bot", uid: "u1" },
    audiences: tokens.audiences,
    expirationSeconds: 3600,
  };
  return { clock, tokens, request };
}

describe("ServiceAccountTokens", () => {
  test("what it issued it accepts, with user, groups and what it is bound to", async () => {
    const { tokens, request } = setUp();
    const node = { name: "node-0", uid: "n" };
    const { token } = await tokens.issue({ ...request, binding: { kind: "Pod", name: "p", uid: "pu", node } });
    const verdict = await tokens.verify(token, { signal });
    expect(verdict).toMatchObject({
      kind: "user",
      audiences: ["https://kubernetes.default.svc"],
      user: {
        name: "system:serviceaccount:a:bot",
        uid: "u1",
        groups: ["system:serviceaccounts", "system:serviceaccounts:a", "system:authenticated"],
        extra: {
          "authentication.kubernetes.io/pod-name": ["p"],
          "authentication.kubernetes.io/node-name": ["node-0"],
          "authentication.kubernetes.io/credential-id": [`JTI=${decodeJwt(token).jti}`],
        },
      },
    });
  });

  test("refuses a token that has expired", async () => {
    const { clock, tokens, request } = setUp();
    const { token } = await tokens.issue(request);
    await clock.advance(3_620_000);
    expect((await tokens.verify(token, { signal })).kind).toBe("invalid");
  });

  test("refuses a token for another audience", async () => {
    const { tokens, request } = setUp();
    const { token } = await tokens.issue({ ...request, audiences: ["vault"] });
    expect((await tokens.verify(token, { signal })).kind).toBe("invalid");
    expect((await tokens.verify(token, { audiences: ["vault"], signal })).kind).toBe("user");
  });

  test("refuses a token of another key, and garbage", async () => {
    const [one, other] = [setUp(), setUp()];
    const { token } = await other.tokens.issue(other.request);
    expect((await one.tokens.verify(token, { signal })).kind).toBe("invalid");
    for (const garbage of ["", "x", "a.b.c", `${token}x`]) {
      expect((await one.tokens.verify(garbage, { signal })).kind).toBe("invalid");
    }
  });

  test.each(["serviceaccounts", "pods"])("refuses a token whose %s object is gone", async (resource) => {
    const { tokens, request } = setUp({ dead: [resource] });
    const { token } = await tokens.issue({ ...request, binding: { kind: "Pod", name: "p", uid: "pu" } });
    expect(await tokens.verify(token, { signal })).toEqual({
      kind: "invalid",
      error: "service account token has been invalidated",
    });
  });
});
