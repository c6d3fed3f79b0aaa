import type { Plugin, QueueingHint } from "./framework.ts";

/** A plugin and how much its score counts. */
export interface EnabledPlugin {
  readonly plugin: Plugin;
  /** Default 1. */
  readonly weight?: number;
}

/** One scheduler as Pods name it in `spec.schedulerName`: its plugins, in the order they run at every extension point. */
export interface Profile {
  readonly schedulerName: string;
  readonly plugins: readonly EnabledPlugin[];
  /** Nodes to score, in percent of all; 0 (default) adapts to their number. */
  readonly percentageOfNodesToScore?: number;
}

/** A {@link Profile} sorted by extension point. */
export interface Framework {
  readonly schedulerName: string;
  readonly percentageOfNodesToScore: number;
  readonly filters: readonly (Plugin & Required<Pick<Plugin, "preFilter">>)[];
  readonly postFilters: readonly (Plugin & Required<Pick<Plugin, "postFilter">>)[];
  readonly scorers: readonly {
    readonly plugin: Plugin & Required<Pick<Plugin, "preScore">>;
    readonly weight: number;
  }[];
  readonly reservers: readonly Plugin[];
  readonly permits: readonly (Plugin & Required<Pick<Plugin, "permit">>)[];
  readonly preBinders: readonly (Plugin & Required<Pick<Plugin, "preBind">>)[];
  readonly binders: readonly (Plugin & Required<Pick<Plugin, "bind">>)[];
  readonly postBinders: readonly (Plugin & Required<Pick<Plugin, "postBind">>)[];
  preEnqueue(pod: Parameters<NonNullable<Plugin["preEnqueue"]>>[0]): string | undefined;
  less: NonNullable<Plugin["less"]>;
  readonly hints: ReadonlyMap<string, readonly QueueingHint[]>;
}

/** @throws Error when the profile has not exactly one QueueSort plugin, or none that binds */
export function createFramework(profile: Profile): Framework {
  const plugins = profile.plugins.map((enabled) => enabled.plugin);
  const at = <K extends keyof Plugin>(point: K) =>
    plugins.filter((plugin): plugin is Plugin & Required<Pick<Plugin, K>> => plugin[point] !== undefined);
  const [sorter, ...otherSorters] = at("less");
  if (sorter === undefined || otherSorters.length > 0) {
    throw new Error(`profile ${profile.schedulerName}: exactly one QueueSort plugin is needed`);
  }
  if (at("bind").length === 0) throw new Error(`profile ${profile.schedulerName}: at least one Bind plugin is needed`);
  const gatekeepers = at("preEnqueue");
  const weights = new Map(profile.plugins.map(({ plugin, weight = 1 }) => [plugin.name, weight]));
  return {
    schedulerName: profile.schedulerName,
    percentageOfNodesToScore: profile.percentageOfNodesToScore ?? 0,
    filters: at("preFilter"),
    postFilters: at("postFilter"),
    scorers: at("preScore").map((plugin) => ({ plugin, weight: weights.get(plugin.name) ?? 1 })),
    reservers: plugins.filter((plugin) => plugin.reserve !== undefined || plugin.unreserve !== undefined),
    permits: at("permit"),
    preBinders: at("preBind"),
    binders: at("bind"),
    postBinders: at("postBind"),
    preEnqueue(pod) {
      for (const plugin of gatekeepers) {
        const message = plugin.preEnqueue(pod);
        if (message !== undefined) return message;
      }
      return undefined;
    },
    less: (a, b) => sorter.less(a, b),
    hints: new Map(plugins.map((plugin) => [plugin.name, plugin.requeueOn ?? []])),
  };
}
