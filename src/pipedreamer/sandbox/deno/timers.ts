/** Timers belong to the attempt that made them, and end with it: also those of node:timers. */

import { createHook } from "node:async_hooks";
import { type Attempt, current, type Resource } from "./attempt.ts";

const { clearImmediate, clearTimeout, queueMicrotask } = globalThis;
const Table = Map;

interface OwnedTimer extends Resource {
  readonly attempt: Attempt;
}

/** Knows the timers of all attempts. */
export class Timers {
  private readonly owned = new Table<number, OwnedTimer>();
  private fired = -1;

  constructor() {
    createHook({
      init: (id, type, _trigger, timer) => this.begin(id, type, timer),
      before: (id) => this.fired = id,
      after: () => this.fired = -1,
      destroy: (id) => this.end(id),
    }).enable();
  }

  /** Whose timer's callback is running. An error that leaves a callback is asked about once. */
  take(): Attempt | undefined {
    const attempt = this.owned.get(this.fired)?.attempt;
    this.fired = -1;
    return attempt;
  }

  private begin(id: number, type: string, timer: object): void {
    const attempt = current.getStore();
    if (attempt === undefined || (type !== "Timeout" && type !== "Immediate")) return;
    const clear: (timer: never) => void = type === "Timeout" ? clearTimeout : clearImmediate;
    const cut = () => {
      this.owned.delete(id);
      clear(timer as never);
    };
    if (attempt.isOver) queueMicrotask(cut);
    else {
      const owned = { attempt, cut };
      this.owned.set(id, owned);
      attempt.own(owned);
    }
  }

  private end(id: number): void {
    const owned = this.owned.get(id);
    if (owned === undefined) return;
    this.owned.delete(id);
    owned.attempt.disown(owned);
  }
}
