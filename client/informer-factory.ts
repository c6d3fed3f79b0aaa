import type { ApiObject } from "../api/meta.ts";
import type { Informer, InformerOptions } from "./informer.ts";
import { createInformer, type IndexableInformer, type InformerDeps } from "./shared-informer.ts";

/** One informer per kind and selector in a process, however many parts of it ask for one. */
export interface InformerFactory {
  /**
   * The informer of these options. Indexers add up, an index's first function stays; the first caller's transform is the
   * one that is used.
   */
  informer<T extends ApiObject>(options: InformerOptions<T>): Informer<T>;
  /** Runs all informers, those asked for later included, until the signal is aborted. */
  run(options: { signal: AbortSignal }): Promise<void>;
  /** Resolves when every informer asked for so far has its first state. */
  whenSynced(options: { signal: AbortSignal }): Promise<void>;
}

export function createInformerFactory(deps: InformerDeps): InformerFactory {
  const informers = new Map<string, IndexableInformer<never>>();
  const running = new Set<Promise<void>>();
  let runSignal: AbortSignal | undefined;

  function start(informer: { run(options: { signal: AbortSignal }): Promise<void> }, signal: AbortSignal): void {
    const run = informer.run({ signal });
    running.add(run);
    run.then(
      () => running.delete(run),
      () => running.delete(run),
    );
  }

  return {
    informer<T extends ApiObject>(options: InformerOptions<T>): Informer<T> {
      const { kind, namespace = "", labelSelector = "", fieldSelector = "" } = options;
      const key = [kind.group, kind.version, kind.plural, namespace, labelSelector, fieldSelector].join(" ");
      const known = informers.get(key);
      if (known !== undefined) {
        // The key names the kind, so this is the type it was made with.
        const informer = known as unknown as IndexableInformer<T>;
        informer.addIndexers(options.indexers ?? {});
        return informer;
      }
      const informer = createInformer(options, deps);
      informers.set(key, informer as unknown as IndexableInformer<never>);
      if (runSignal !== undefined) start(informer, runSignal);
      return informer;
    },

    async run({ signal }) {
      runSignal = signal;
      for (const informer of informers.values()) start(informer, signal);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener("abort", () => resolve(), { once: true });
      });
      await Promise.all(running);
    },

    async whenSynced(options) {
      await Promise.all([...informers.values()].map((informer) => informer.whenSynced(options)));
    },
  };
}
