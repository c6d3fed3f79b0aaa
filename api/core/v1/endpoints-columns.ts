import { ageColumn, documentation, firstFew, nameColumn, orNone, textColumn } from "../../columns/columns.ts";
import type { Endpoints } from "../../generated/types.ts";
import type { Column } from "../../kind.ts";

const hostPort = (ip: string, port: number) => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`);

function addresses(endpoints: Endpoints): string {
  const all = (endpoints.subsets ?? []).flatMap((subset) => {
    const ready = subset.addresses ?? [];
    const ports = subset.ports ?? [];
    if (ports.length === 0) return ready.map((address) => address.ip);
    return ports.flatMap((port) => ready.map((address) => hostPort(address.ip, port.port)));
  });
  return orNone(firstFew(all, 3));
}

export const endpointsColumns: readonly Column<Endpoints>[] = [
  nameColumn,
  textColumn("Endpoints", { description: documentation("core.v1.Endpoints.subsets"), cell: addresses }),
  ageColumn,
];
