/** A started component. Every component exports `start(config, deps): Promise<Running>`. */
export interface Running {
  /** Ends the component and all it started, in reverse order. Resolves when nothing of it is left; idempotent. */
  stop(): Promise<void>;
  /** Settles when the component has ended by itself: rejects with the reason if it failed. */
  readonly done: Promise<void>;
}
