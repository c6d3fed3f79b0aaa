/** Something that `up` starts and stops. */
export interface Part {
  readonly name: string;
  /** Loads code, while something else starts. */
  preload(): void;
  /** Resolves when it is ready. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A part whose code is loaded with the launcher. */
export function simplePart(
  name: string,
  part: { readonly start?: () => Promise<void> | void; readonly stop: () => Promise<void> },
): Part {
  return {
    name,
    preload: () => undefined,
    start: async () => part.start?.(),
    stop: part.stop,
  };
}
