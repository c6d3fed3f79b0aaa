/** Lets the event loop do what is waiting before going on. No time passes on any Clock. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
