import { expect, test } from "vitest";
import { kinds } from "../../api/kinds.ts";
import { SchemaModel } from "../../api/schema/schema-model.ts";
import { SchemaChecker } from "./validate-schema.ts";
import { ZeroFields } from "./zero-fields.ts";

interface Row {
  readonly name: string;
  readonly kind: keyof typeof kinds;
  readonly sent: Record<string, unknown>;
  readonly written: Record<string, unknown>;
}

/** As kube-apiserver 1.36.3 answers, less metadata. */
const rows: readonly Row[] = [
  { name: "a Role without rules", kind: "roles", sent: {}, written: { rules: null } },
  { name: "a Role with no rules", kind: "roles", sent: { rules: [] }, written: { rules: null } },
  {
    name: "an EndpointSlice without a port",
    kind: "endpointSlices",
    sent: { addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"] }], ports: [] },
    written: { addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"], conditions: {} }], ports: null },
  },
  {
    name: "an EndpointSlice of what is not ready, with a port without a name",
    kind: "endpointSlices",
    sent: {
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready: false, serving: false, terminating: false } }],
      ports: [{ name: "", protocol: "TCP", port: 80 }],
    },
    written: {
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready: false, serving: false, terminating: false } }],
      ports: [{ name: "", protocol: "TCP", port: 80 }],
    },
  },
  {
    name: "an Event without times",
    kind: "events",
    sent: { involvedObject: {}, series: { count: 2 } },
    written: {
      involvedObject: {},
      series: { count: 2, lastObservedTime: null },
      eventTime: null,
      firstTimestamp: null,
      lastTimestamp: null,
      source: {},
      reportingComponent: "",
      reportingInstance: "",
    },
  },
  {
    name: "conditions and containers of a Pod",
    kind: "pods",
    sent: {
      spec: { containers: [{ name: "c" }] },
      status: { conditions: [{ type: "Ready", status: "True" }], containerStatuses: [{ name: "c" }] },
    },
    written: {
      spec: { containers: [{ name: "c", resources: {} }] },
      status: {
        conditions: [{ type: "Ready", status: "True", lastProbeTime: null, lastTransitionTime: null }],
        containerStatuses: [
          { name: "c", state: {}, lastState: {}, ready: false, restartCount: 0, image: "", imageID: "" },
        ],
      },
    },
  },
];

test.each(rows)("$name", async ({ kind: id, sent, written }) => {
  const kind = kinds[id];
  const model = new SchemaModel();
  const checker = new SchemaChecker(model);
  const object: Record<string, unknown> = { metadata: {}, ...structuredClone(sent) };
  expect(checker.check(kind, object)).toEqual({ unknownFields: [], mismatches: [] });
  new ZeroFields(model).fill(object, kind.schema);
  expect(object).toEqual({ metadata: {}, ...written });

  await checker.load(kind.schema);
  const again = structuredClone(object);
  expect(checker.check(kind, again)).toEqual({ unknownFields: [], mismatches: [] });
  expect(again, "what is written may be sent back").toEqual(object);
});
