import { randomUUID } from "node:crypto";
import { allKinds } from "../../api/kinds.ts";
import { SchemaModel } from "../../api/schema/schema-model.ts";
import { createAdmission } from "../../apiserver/admission/admission.ts";
import { defaultPlugins } from "../../apiserver/admission/plugins.ts";
import type { RequestContext, UserInfo } from "../../apiserver/http/request-context.ts";
import { createRegistry } from "../../apiserver/registry/create-registry.ts";
import { createFieldManager } from "../../apiserver/registry/managed-fields/schema-field-manager.ts";
import { systemRandom } from "../../apiserver/registry/random.ts";
import type { RegistryDeps } from "../../apiserver/registry/registry-deps.ts";
import type { Registry, ResourceStore } from "../../apiserver/registry/store.ts";
import { SchemaChecker } from "../../apiserver/registry/validate-schema.ts";
import { silentLogger } from "../../component-base/logger.ts";
import { VirtualClock } from "../../component-base/virtual-clock.ts";
import { FakeStorage } from "./fake-storage.ts";

export interface TestRegistry {
  readonly registry: Registry;
  readonly storage: FakeStorage;
  readonly clock: VirtualClock;
  /** `pods`, `deployments.apps`. */
  store(resource: string): ResourceStore;
}

/** A registry of all kinds on storage in memory; nothing needs to be stopped. */
export function createTestRegistry(overrides: Partial<RegistryDeps> = {}): TestRegistry {
  const storage = new FakeStorage();
  const clock = new VirtualClock();
  const schemaModel = new SchemaModel();
  const registry = createRegistry({
    kinds: allKinds,
    storage,
    etcdPrefix: "/registry",
    clock,
    log: silentLogger,
    random: systemRandom,
    admission: createAdmission(
      defaultPlugins({ storage: overrides.storage ?? storage, etcdPrefix: "/registry", random: systemRandom }),
    ),
    schema: new SchemaChecker(schemaModel),
    schemaModel,
    fieldManager: createFieldManager({ model: schemaModel, clock }),
    serviceClusterIpRange: "10.96.0.0/16",
    serviceNodePortRange: { first: 30000, last: 32767 },
    ...overrides,
  });
  return { registry, storage, clock, store: (resource) => storeOf(registry, resource) };
}

/** The namespace and the account that Pods need. */
export async function withNamespace(test: TestRegistry, name = "default"): Promise<TestRegistry> {
  const options = { dryRun: false, fieldManager: "test", fieldValidation: "Strict" } as const;
  const object = () => ({ value: { metadata: { name } }, duplicateFields: [] });
  await test.store("namespaces").create(testContext({ namespace: name }), object(), options);
  const account = { value: { metadata: { name: "default" } }, duplicateFields: [] };
  await test.store("serviceaccounts").create(testContext({ namespace: name }), account, options);
  return test;
}

function storeOf(registry: Registry, resource: string): ResourceStore {
  const [plural = "", ...group] = resource.split(".");
  const store = registry.store(group.join("."), "v1", plural);
  if (store === undefined) throw new Error(`no such resource: ${resource}`);
  return store;
}

export interface TestContext extends RequestContext {
  readonly warnings: string[];
}

export interface ContextOptions {
  readonly namespace?: string;
  readonly user?: UserInfo;
  readonly signal?: AbortSignal;
}

/** A request by an administrator, outside HTTP. */
export function testContext(options: ContextOptions = {}): TestContext {
  const warnings: string[] = [];
  return {
    requestId: randomUUID(),
    user: options.user ?? { name: "admin", groups: ["system:masters", "system:authenticated"], extra: {} },
    userAgent: "test/1.0",
    signal: options.signal ?? new AbortController().signal,
    info: {
      isResourceRequest: true,
      verb: "",
      path: "",
      apiPrefix: "api",
      group: "",
      version: "v1",
      namespace: options.namespace ?? "",
      resource: "",
      subresource: "",
      name: "",
      rest: [],
      query: new URLSearchParams(),
    },
    warnings,
    warn: (text) => void warnings.push(text),
  };
}
