import { ageColumn, documentation, labelsText, nameColumn, orNone, textColumn } from "../../columns/columns.ts";
import type { Service } from "../../generated/types.ts";
import type { Column } from "../../kind.ts";

function externalIPs(service: Service): string {
  const { spec, status } = service;
  const given = spec?.externalIPs ?? [];
  switch (spec?.type) {
    case "ClusterIP":
    case "NodePort":
      return orNone(given.join(","));
    case "LoadBalancer": {
      const ingress = (status?.loadBalancer?.ingress ?? []).map((point) => point.ip || point.hostname || "");
      const shown = [...new Set(ingress.filter((text) => text !== ""))].sort();
      const all = [...shown, ...given];
      return all.length === 0 ? "<pending>" : all.join(",");
    }
    case "ExternalName":
      return spec.externalName ?? "";
    default:
      return "<unknown>";
  }
}

function ports(service: Service): string {
  const texts = (service.spec?.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return orNone(texts.join(","));
}

export const serviceColumns: readonly Column<Service>[] = [
  nameColumn,
  textColumn("Type", {
    description: documentation("core.v1.ServiceSpec.type"),
    cell: (service) => service.spec?.type ?? "",
  }),
  textColumn("Cluster-IP", {
    description: documentation("core.v1.ServiceSpec.clusterIP"),
    cell: (service) => orNone(service.spec?.clusterIPs?.[0]),
  }),
  textColumn("External-IP", { description: documentation("core.v1.ServiceSpec.externalIPs"), cell: externalIPs }),
  textColumn("Port(s)", { description: documentation("core.v1.ServiceSpec.ports"), cell: ports }),
  ageColumn,
  textColumn("Selector", {
    description: documentation("core.v1.ServiceSpec.selector"),
    wide: true,
    cell: (service) => labelsText(service.spec?.selector),
  }),
];
