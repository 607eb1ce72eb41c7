/** What the engine reads when it hears nothing of this process any more: the attempts begun in this turn of the loop.
 *
 * A write to a file costs a fraction of one to the engine, and wakes nobody. Most attempts end in the turn in which
 * they begin; of the others the engine is told when the turn ends. `sandbox/ledger.py` is the reader.
 */

import type { Attempt } from "./attempt.ts";
import type { Outbox } from "./wire.ts";

const { SeekMode } = Deno;
const Bytes = Uint8Array;
const Doubles = Float64Array;

/** Turn, run, node, attempt, deadline and begin, as doubles in the machine's order. */
const FIELDS = 6;
const MOST = 1024;

interface Sheet {
  seekSync(offset: number, whence: Deno.SeekMode): number;
  writeSync(bytes: Uint8Array): number;
}

export class Flight {
  private readonly record = new Doubles(FIELDS);
  private readonly bytes = new Bytes(this.record.buffer);
  private begun: Attempt[] = [];

  constructor(private readonly sheet: Sheet, private readonly outbox: Outbox) {
    this.record[0] = 1;
    outbox.prepare = () => this.turn();
  }

  /** Note an attempt, before its code gets the processor. */
  begin(attempt: Attempt, now: number): void {
    if (this.begun.length === MOST) this.outbox.flush();
    const { record } = this;
    record[1] = attempt.run;
    record[2] = attempt.node;
    record[3] = attempt.number;
    record[4] = attempt.deadline;
    record[5] = now;
    this.sheet.writeSync(this.bytes);
    this.begun.push(attempt);
    this.outbox.due();
  }

  /** Announce those that have not ended, and begin anew. */
  private turn(): void {
    if (!this.begun.length) return;
    for (const { hasEnded, run, node, number, deadline } of this.begun) {
      if (!hasEnded) this.outbox.add(["begun", run, node, number, deadline]);
    }
    this.begun.length = 0;
    this.record[0]++;
    this.sheet.seekSync(0, SeekMode.Start);
  }
}
