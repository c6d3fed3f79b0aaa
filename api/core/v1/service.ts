import type { Service } from "../../generated/types.ts";
import { defineKind } from "../../kind.ts";
import { statusSubresource } from "../../subresources.ts";
import { serviceColumns } from "./service-columns.ts";
import { defaultService } from "./service-defaults.ts";

export const services = defineKind<Service>({
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  scope: "Namespaced",
  schema: "io.k8s.api.core.v1.Service",
  shortNames: ["svc"],
  categories: ["all"],
  subresources: [statusSubresource],
  storage: { prefix: "services/specs" },
  nameRule: "dns1123-label",
  createOnUpdate: true,
  defaults: defaultService,
  selectableFields: {
    "spec.clusterIP": (service) => service.spec?.clusterIP ?? "",
    "spec.type": (service) => service.spec?.type ?? "",
  },
  columns: serviceColumns,
  returnsDeletedObject: true,
});
