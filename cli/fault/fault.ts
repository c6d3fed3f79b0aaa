/** One process, one link, or all links of one process: what a fault is of. */
export type LinkEnds =
  | { readonly kind: "all"; readonly of: string }
  | { readonly kind: "between"; readonly a: string; readonly b: string };

/** How a link loses what it carries. */
export interface Loss {
  /** `silent`: bytes wait, as when packets are lost. `refuse`: connections are reset, new ones too. */
  readonly how: "silent" | "refuse";
}

/** Something that is wrong on purpose, until it is healed. */
export type Fault =
  /** Killed, and not started again. */
  | { readonly kind: "down"; readonly name: string }
  /** Stopped as by SIGSTOP: it is there, but does nothing. */
  | { readonly kind: "paused"; readonly name: string; readonly pid: number }
  | { readonly kind: "slow"; readonly ends: LinkEnds; readonly delayMs: number; readonly jitterMs: number }
  /** `oneWay`: only what `a` sends to `b` is lost. */
  | ({ readonly kind: "cut"; readonly ends: LinkEnds; readonly oneWay: boolean } & Loss)
  /** Who is on one side does not reach the others. Who is on none reaches all. */
  | ({ readonly kind: "partition"; readonly sides: readonly (readonly string[])[] } & Loss);

/** Who there is to be linked. Other processes reach the gateways, but no member. */
export interface Topology {
  readonly members: readonly string[];
  readonly gateways: readonly GatewayPlace[];
}

export interface GatewayPlace {
  readonly name: string;
  /** The only member that it speaks to; absent where it speaks to all. */
  readonly stackedOn?: string;
}

/** A connection that `from` opens to a member. Bytes go both ways. */
export interface Link {
  readonly from: string;
  readonly to: string;
}

/** All links there are: from member to member, and from gateway to member. */
export function linksOf({ members, gateways }: Topology): Link[] {
  return [...members, ...gateways.map(({ name }) => name)].flatMap((from) =>
    members.filter((to) => to !== from).map((to) => ({ from, to })),
  );
}
