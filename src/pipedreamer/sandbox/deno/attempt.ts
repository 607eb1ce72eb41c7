/** One attempt at a node while it runs, and the way to know, from anywhere in its code, which one that is. */

import { AsyncLocalStorage } from "node:async_hooks";

const Abort = AbortController;
const DomException = DOMException;
const Several = Set;

/** Whose code this is; nothing outside of nodes. */
export const current = new AsyncLocalStorage<Attempt>();

export type StopReason = "timeout" | "cancel";

/** What an attempt has under way and leaves with its end. */
export interface Resource {
  cut(reason: DOMException): void;
}

/** What the clock and the node's surroundings need to know. Times are nanoseconds. */
export class Attempt {
  reason?: StopReason;
  stoppedAt = 0;
  /** How many ticks it was left alone for after it had been found late with the whole loop. */
  spared = 0;
  isStuck = false;
  /** Told to stop, or ended: it begins nothing new. */
  isOver = false;
  /** Its outcome is on its way. */
  hasEnded = false;
  private readonly resources = new Several<Resource>();
  private controller?: AbortController;
  private excuse?: DOMException;

  constructor(readonly run: number, readonly node: number, readonly number: number, readonly deadline: number) {}

  /** Aborted when it is over. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new Abort();
      if (this.isOver) this.controller.abort(this.why);
    }
    return this.controller.signal;
  }

  /** What those get who wait for something of an attempt that is over. */
  get why(): DOMException {
    this.excuse ??= new DomException(this.reason ? "the node was stopped" : "the node has ended", "AbortError");
    return this.excuse;
  }

  /** Whether a promise was rejected only because the attempt is over. */
  isWhy(reason: unknown): boolean {
    return this.excuse !== undefined && reason === this.excuse;
  }

  own(resource: Resource): void {
    this.resources.add(resource);
  }

  disown(resource: Resource): void {
    this.resources.delete(resource);
  }

  /** Ask it to end, once: all that it waits for is cut off. */
  stop(reason: StopReason, now: number): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.stoppedAt = now;
    this.end();
  }

  /** What it left under way ends with it. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    if (this.resources.size) { for (const resource of [...this.resources]) resource.cut(this.why); }
    this.resources.clear();
    this.controller?.abort(this.why);
  }
}
