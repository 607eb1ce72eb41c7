/** The worker's clock: tells the engine that the loop turns, and ends attempts that are over their time.
 *
 * It stops with the loop. So it is the engine that ends a node which holds the loop: it hears no beat any more.
 */

import type { Attempt } from "./attempt.ts";
import type { Outbox } from "./wire.ts";

const { clearInterval, performance, setInterval } = globalThis;
const clock = performance.now.bind(performance);
const { round } = Math;
const toBigInt = BigInt;
const Several = Set;

const TICK_MS = 10;
const LATE_NS = 50e6;
const GRACE_NS = 100e6;

/** Whole nanoseconds of CLOCK_MONOTONIC; `offset` is what to add to the time of day, whole and as text. */
export function monotonic(offset: string): () => number {
  // As whole numbers: the time of day in nanoseconds is beyond what a double holds.
  const origin = Number(toBigInt(offset) + toBigInt(round(performance.timeOrigin * 1e3)) * 1000n);
  // Rounded: soon after the machine's start a double has room for parts of them.
  return () => round(origin + clock() * 1e6);
}

/** Watches the attempts that run; idle when there are none. */
export class Clock {
  private readonly watched = new Several<Attempt>();
  private ticking: ReturnType<typeof setInterval> | undefined;
  private looked = 0;
  private ticks = 0;

  constructor(readonly now: () => number, private readonly outbox: Outbox) {}

  watch(attempt: Attempt): void {
    this.watched.add(attempt);
    if (this.ticking === undefined) {
      this.looked = this.now();
      this.ticking = setInterval(() => this.tick(), TICK_MS);
    }
  }

  forget(attempt: Attempt): void {
    this.watched.delete(attempt);
  }

  /** The attempts of a run. */
  ofRun(run: number): Attempt[] {
    return [...this.watched].filter((attempt) => attempt.run === run);
  }

  private tick(): void {
    if (!this.watched.size) {
      clearInterval(this.ticking);
      this.ticking = undefined;
      return;
    }
    const now = this.now();
    const isLate = now - this.looked > LATE_NS;
    this.looked = now;
    if (++this.ticks % 2 || isLate) this.outbox.sendNow(["beat"]);
    for (const attempt of [...this.watched]) this.look(attempt, now, isLate);
  }

  /** Where the loop stood still, what came in time meanwhile is taken before anything is ended. */
  private look(attempt: Attempt, now: number, isLate: boolean): void {
    if (attempt.reason === undefined && now > attempt.deadline) {
      // After the loop stood still the clock may tick twice before the attempt's own timers, long due, are called.
      if (attempt.spared === 1 || (isLate && !attempt.spared)) attempt.spared++;
      else attempt.stop("timeout", now);
    } else if (attempt.reason !== undefined && now - attempt.stoppedAt > GRACE_NS && !attempt.isStuck) {
      attempt.isStuck = true;
      this.outbox.sendNow(["stuck", attempt.run, attempt.node]);
    }
  }
}
