/** What nodes log and print, on its way to the engine: as much as a log can take, of the rest the number of lines. */

import type { Attempt } from "./attempt.ts";
import { clean } from "./explain.ts";
import type { Level } from "./protocol.ts";
import type { Outbox } from "./wire.ts";

const { floor } = Math;
const Table = Map;

/** Lines of one attempt in `WINDOW_NS`; each begun KiB counts as one. */
const MOST = 5000;
const WINDOW_NS = 5e9;
const KIB = 1024;

/** Hands lines on. Nobody waits: a node is not slowed down by what it writes. */
export class Lines {
  private since = 0;
  /** How much was sent in this window, and how many lines were dropped. */
  private counts = new Table<Attempt | undefined, { sent: number; dropped: number }>();

  constructor(private readonly outbox: Outbox, private readonly now: () => number) {}

  /** Send a line of an attempt, or of code that runs outside of any, cut where it is absurdly long; or count it. */
  send(attempt: Attempt | undefined, level: Level, text: string): void {
    const now = this.now();
    if (now - this.since > WINDOW_NS) {
      const past = this.counts;
      this.counts = new Table();
      this.since = now;
      past.forEach(({ dropped }, about) => this.account(about, dropped));
    }
    let count = this.counts.get(attempt);
    if (count === undefined) this.counts.set(attempt, count = { sent: 0, dropped: 0 });
    if (count.sent >= MOST) count.dropped++;
    else {
      const line = clean(text);
      count.sent += 1 + floor(line.length / KIB);
      this.tell(attempt, level, line);
    }
  }

  /** Say how many lines of an attempt were dropped. */
  finish(attempt: Attempt): void {
    const count = this.counts.get(attempt);
    if (count === undefined) return;
    this.counts.delete(attempt);
    this.account(attempt, count.dropped);
  }

  private account(attempt: Attempt | undefined, dropped: number): void {
    if (!dropped) return;
    const [lines, most] = [dropped, MOST].map((count) => count.toLocaleString("en"));
    const many = `${lines} lines were dropped: the log takes ${most} (or as many KiB) of an attempt in 5 s`;
    this.tell(attempt, "warn", many);
  }

  private tell(attempt: Attempt | undefined, level: Level, line: string): void {
    if (attempt === undefined) this.outbox.send(["log", -1, -1, 0, level, line]);
    else this.outbox.send(["log", attempt.run, attempt.node, attempt.number, level, line]);
  }
}
