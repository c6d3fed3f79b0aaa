import { EventEmitter } from "node:events";

/**
 * Lets an AbortSignal have any number of listeners without a warning. By design one signal ends a whole process: every loop
 * and every timer listens to it, so a count of listeners says nothing about leaks.
 */
export function allowManyListeners(): void {
  EventEmitter.defaultMaxListeners = 0;
}
